// SPDX-License-Identifier: BSL-1.0
// The sum of an average of 8-bit numbers has 32 bits.
// expect: has_no_integer_form<archetype::integer_rule::pooling_fits_32_bits, archetype::at_layer<1
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::max_pool2d<4096>;
#else
using layer = at::avg_pool2d<4096>;
#endif
using net = at::network<at::input<4096, 4096, 1>, layer>;
static_assert(at::quantized_arena_bytes<net> <= std::size_t{1} << 26);
