// SPDX-License-Identifier: BSL-1.0
// Roots of sums of squares have no 8-bit form.
// expect: has_no_integer_form<archetype::integer_rule::pooling_takes_maxima_or_averages, archetype::at_layer<2
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::avg_pool2d<2>;
#else
using layer = at::l2_pool2d<2>;
#endif
using net = at::network<at::input<8, 8, 3>, at::conv2d<4, 3>, layer>;
static_assert(at::quantized_arena_bytes<net> <= std::size_t{1} << 26);
