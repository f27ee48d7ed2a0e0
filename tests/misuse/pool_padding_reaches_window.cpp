// SPDX-License-Identifier: BSL-1.0
// A window that could hold nothing but padding.
// expect: rule::padding_reaches_the_kernel
// expect: at_layer<1,
// expect: max_pool2d<2, archetype::padding<2>
// expect: input<4, 4, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 4, 1>, at::max_pool2d<2, at::padding<1>>, at::conv2d<1, 1>>;
#else
using net = at::network<at::input<4, 4, 1>, at::max_pool2d<2, at::padding<2>>, at::conv2d<1, 1>>;
#endif
static_assert(at::parameter_count<net> == 2);
