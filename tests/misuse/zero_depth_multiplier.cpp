// SPDX-License-Identifier: BSL-1.0
// Zero filters for each channel.
// expect: rule::extent_is_zero
// expect: at_layer<1,
// expect: depthwise_conv2d<3,
// expect: input<8, 8, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 2>, at::depthwise_conv2d<3, at::depth_multiplier<1>>>;
#else
using net = at::network<at::input<8, 8, 2>, at::depthwise_conv2d<3, at::depth_multiplier<0>>>;
#endif
static_assert(at::parameter_count<net> == 20);
