// SPDX-License-Identifier: BSL-1.0
// Normalizations of samples have an 8-bit form if they take the channels of each pixel together.
// expect: has_no_integer_form<archetype::integer_rule::normalization_is_over_channels, archetype::at_layer<2,
// expect: layer_norm<
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::layer_norm<>;
#else
using layer = at::layer_norm<at::axes<1, 2>>;
#endif
using net = at::network<at::input<16, 4>, at::dense<16, at::last_axis>, layer>;
static_assert(at::quantized_arena_bytes<net> <= 1024);
