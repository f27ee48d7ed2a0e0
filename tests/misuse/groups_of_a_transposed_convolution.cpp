// SPDX-License-Identifier: BSL-1.0
// 6 channels are not 4 groups.
// expect: rule::input_channels_are_not_divisible_by_groups
// expect: at_layer<1,
// expect: conv1d_transpose<8, 3, archetype::groups<4>
// expect: input<10, 6>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<10, 6>, at::conv1d_transpose<8, 3, at::groups<2>>>;
#else
using net = at::network<at::input<10, 6>, at::conv1d_transpose<8, 3, at::groups<4>>>;
#endif
static_assert(at::output_shape<net> == at::shape{12, 8});
