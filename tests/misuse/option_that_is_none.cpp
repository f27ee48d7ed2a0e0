// SPDX-License-Identifier: BSL-1.0
// Any type where an option is expected.
// expect: rule::unknown_option
// expect: at_layer<1,
// expect: conv2d<1, 3, int>
// expect: input<8, 8, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3>>;
#else
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3, int>>;
#endif
static_assert(at::parameter_count<net> == 10);
