// SPDX-License-Identifier: BSL-1.0
// Integers are padded with zeros.
// expect: has_no_integer_form<archetype::integer_rule::padding_is_zeros, archetype::at_layer<2,
// expect: constant_pad1d<
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::constant_pad1d<0.0, 1>;
#else
using layer = at::constant_pad1d<1.0, 1>;
#endif
using net = at::network<at::input<16, 4>, at::conv1d<16, 1>, layer>;
static_assert(at::quantized_arena_bytes<net> <= 1024);
