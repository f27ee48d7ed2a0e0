// SPDX-License-Identifier: BSL-1.0
// Six rows, three cut off at either side.
// expect: rule::nothing_is_left
// expect: at_layer<1,
// expect: cropping2d<3
// expect: input<6, 9, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<6, 9, 2>, at::cropping2d<2>>;
#else
using net = at::network<at::input<6, 9, 2>, at::cropping2d<3>>;
#endif
static_assert(at::parameter_count<net> == 0);
