// SPDX-License-Identifier: BSL-1.0
// A difference has two terms.
// expect: rule::join_takes_two
// expect: at_layer<3,
// expect: "difference"
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using terms = at::branches<at::subtract, at::conv2d<4, 3, at::same>, at::conv2d<4, 1>>;
#else
using terms = at::branches<at::subtract, at::conv2d<4, 3, at::same>, at::conv2d<4, 1>, at::identity>;
#endif
using net = at::network<at::input<8, 8, 4>, at::named<"difference", terms>>;
static_assert(at::output_shape<net> == at::shape{8, 8, 4});
