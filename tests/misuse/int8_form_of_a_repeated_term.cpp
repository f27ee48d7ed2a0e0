// SPDX-License-Identifier: BSL-1.0
// In 8 bits terms of a sum have one shape.
// expect: has_no_integer_form<
// expect: join_adds_one_value
// expect: at_layer<4,
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using term = at::conv2d<8, 3, at::same>;
#else
using term = at::sequence<at::global_avg_pool2d, at::dense<8>>;
#endif
using net = at::network<at::input<8, 8, 8>, at::named<"sum", at::branches<at::add, at::conv2d<8, 1>, term>>>;
static_assert(at::quantized_arena_bytes<net> > 0);
