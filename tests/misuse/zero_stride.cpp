// SPDX-License-Identifier: BSL-1.0
// A stride of zero.
// expect: rule::extent_is_zero
// expect: at_layer<1,
// expect: stride<0
// expect: input<8, 8, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3, at::stride<2>>>;
#else
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3, at::stride<0>>>;
#endif
static_assert(at::parameter_count<net> == 10);
