// SPDX-License-Identifier: BSL-1.0
// A separable convolution has no groups; the report names the layer that it holds.
// expect: rule::unknown_option
// expect: at_layer<1,
// expect: depthwise_conv2d<3,
// expect: "separable_conv2d"
// expect: input<8, 8, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 4>, at::separable_conv2d<8, 3>>;
#else
using net = at::network<at::input<8, 8, 4>, at::separable_conv2d<8, 3, at::groups<2>>>;
#endif
static_assert(at::parameter_count<net> == 76);
