// SPDX-License-Identifier: BSL-1.0
// A padding that cuts off the whole result.
// expect: rule::nothing_is_left
// expect: at_layer<1,
// expect: conv2d_transpose<1,
// expect: input<2, 2, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<2, 2, 1>, at::conv2d_transpose<1, 3, at::padding<1>>>;
#else
using net = at::network<at::input<2, 2, 1>, at::conv2d_transpose<1, 3, at::padding<2>>>;
#endif
static_assert(at::parameter_count<net> == 10);
