// SPDX-License-Identifier: BSL-1.0
// Rows of other widths.
// expect: rule::joined_shapes_differ
// expect: at_layer<3,
// expect: concatenate_along<1>
// expect: input<5, 5, 4>
// expect: input<5, 3, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using part = at::conv2d<4, at::extent{3, 1}>;
#else
using part = at::conv2d<4, at::extent{1, 3}>;
#endif
using net = at::network<at::input<5, 5, 3>, at::branches<at::concatenate_along<1>, at::conv2d<4, 1>, part>>;
static_assert(at::output_shape<net> == at::shape{8, 5, 4});
