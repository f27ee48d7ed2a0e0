// SPDX-License-Identifier: BSL-1.0
// Four groups of six filters.
// expect: rule::filters_are_not_divisible_by_groups
// expect: at_layer<1,
// expect: conv2d<6, 3, archetype::groups<4>
// expect: input<8, 8, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 4>, at::conv2d<8, 3, at::groups<4>>>;
#else
using net = at::network<at::input<8, 8, 4>, at::conv2d<6, 3, at::groups<4>>>;
#endif
static_assert(at::parameter_count<net> == 80);
