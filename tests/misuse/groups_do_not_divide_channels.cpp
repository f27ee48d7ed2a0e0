// SPDX-License-Identifier: BSL-1.0
// Two groups over three channels.
// expect: rule::input_channels_are_not_divisible_by_groups
// expect: at_layer<1,
// expect: conv2d<8, 3, archetype::groups<2>
// expect: input<8, 8, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 4>, at::conv2d<8, 3, at::groups<2>>>;
#else
using net = at::network<at::input<8, 8, 3>, at::conv2d<8, 3, at::groups<2>>>;
#endif
static_assert(at::parameter_count<net> == 152);
