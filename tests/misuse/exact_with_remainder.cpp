// SPDX-License-Identifier: BSL-1.0
// AlexNet's first layer on 224 x 224: 213 = 53 * 4 + 1, one column is never read.
// expect: rule::stride_leaves_a_remainder
// expect: at_layer<1,
// expect: conv2d<96, 11, archetype::stride<4
// expect: archetype::exact
// expect: input<224, 224, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<227, 227, 3>, at::conv2d<96, 11, at::stride<4>, at::exact>>;
#else
using net = at::network<at::input<224, 224, 3>, at::conv2d<96, 11, at::stride<4>, at::exact>>;
#endif
static_assert(at::parameter_count<net> == 34'944);
