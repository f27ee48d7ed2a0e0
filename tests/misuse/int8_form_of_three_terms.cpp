// SPDX-License-Identifier: BSL-1.0
// In 8 bits a sum has two terms.
// expect: has_no_integer_form<
// expect: join_adds_one_value
// expect: at_layer<3,
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using sum = at::branches<at::add, at::conv2d<8, 1>, at::sequence<at::global_avg_pool2d, at::dense<8>>>;
#else
using sum = at::branches<at::add, at::conv2d<8, 1>, at::conv2d<8, 3, at::same>, at::identity>;
#endif
using net = at::network<at::input<8, 8, 8>, at::named<"sum", sum>>;
static_assert(at::quantized_arena_bytes<net> > 0);
