// SPDX-License-Identifier: BSL-1.0
// 6 channels are not 4 groups.
// expect: rule::input_channels_are_not_divisible_by_groups
// expect: at_layer<1,
// expect: group_norm<4
// expect: input<8, 8, 6>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 6>, at::group_norm<3>>;
#else
using net = at::network<at::input<8, 8, 6>, at::group_norm<4>>;
#endif
static_assert(at::parameter_count<net> == 2 * 6);
