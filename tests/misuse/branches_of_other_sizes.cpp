// SPDX-License-Identifier: BSL-1.0
// A branch without padding among others with it; the report gives all branches' shapes.
// expect: rule::joined_shapes_differ
// expect: "inception"
// expect: input<8, 8, 4>
// expect: input<6, 6, 4>
// expect: input<8, 8, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using middle = at::conv2d<4, 3, at::same>;
#else
using middle = at::conv2d<4, 3>;
#endif
using net = at::network<
    at::input<8, 8, 3>,
    at::named<"inception", at::branches<at::concatenate, at::conv2d<4, 1>, middle, at::identity>>>;
static_assert(at::output_shape<net> == at::shape{8, 8, 11});
