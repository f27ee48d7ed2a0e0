// SPDX-License-Identifier: BSL-1.0
// Results of a bicubic interpolation do not stay within the range of what it reads.
// expect: has_no_integer_form<archetype::integer_rule::resizing_is_not_cubic, archetype::at_layer<2,
// expect: resize1d<
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::resize1d<18, at::bilinear>;
#else
using layer = at::resize1d<18, at::bicubic<>>;
#endif
using net = at::network<at::input<16, 4>, at::conv1d<16, 1>, layer>;
static_assert(at::quantized_arena_bytes<net> <= 1024);
