// SPDX-License-Identifier: BSL-1.0
// Normalization over all pixels of a sample has no 8-bit form.
// expect: has_no_integer_form<archetype::integer_rule::normalization_is_over_channels, archetype::at_layer<2,
// expect: group_norm<
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::rms_norm<>;
#else
using layer = at::group_norm<4>;
#endif
using net = at::network<at::input<16, 4>, at::dense<16, at::last_axis>, layer>;
static_assert(at::quantized_arena_bytes<net> <= 1024);
