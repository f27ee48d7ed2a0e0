// SPDX-License-Identifier: BSL-1.0
// A convolution of volumes, given an image.
// expect: rule::takes_a_volume
// expect: at_layer<1,
// expect: conv3d<4, 3>
// expect: input<8, 8, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 2>, at::reshape<4, 8, 2, 2>, at::conv3d<4, 2>>;
#else
using net = at::network<at::input<8, 8, 2>, at::conv3d<4, 3>>;
#endif
static_assert(at::parameter_count<net> == 68);
