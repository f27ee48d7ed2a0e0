// SPDX-License-Identifier: BSL-1.0
// A scale for 8 channels where there are 6.
// expect: rule::weights_do_not_repeat
// expect: at_layer<2,
// expect: join_weights<
// expect: input<5, 5, 6>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using part = at::join_weights<at::multiply, at::shape{6}>;
#else
using part = at::join_weights<at::multiply, at::shape{8}>;
#endif
using net = at::network<at::input<5, 5, 3>, at::conv2d<6, 3, at::same>, part>;
static_assert(at::output_shape<net> == at::shape{5, 5, 6});
