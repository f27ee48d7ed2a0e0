// SPDX-License-Identifier: BSL-1.0
// The network itself is wrong: that is the only error.
// expect: rule::takes_an_image
// refuse: is_different
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 1>, at::conv2d<4, 3>>;
#else
using net = at::network<at::input<8, 8>, at::conv2d<4, 3>>;
#endif
static_assert(at::has_shape<net, at::shape{6, 6, 4}>);
static_assert(at::has_parameters<net, 40>);
