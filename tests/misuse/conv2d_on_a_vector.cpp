// SPDX-License-Identifier: BSL-1.0
// A convolution after flatten.
// expect: rule::takes_an_image
// expect: at_layer<2,
// expect: conv2d<8, 3>
// expect: input<784>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<28, 28, 1>, at::conv2d<8, 3>, at::flatten>;
#else
using net = at::network<at::input<28, 28, 1>, at::flatten, at::conv2d<8, 3>>;
#endif
static_assert(at::parameter_count<net> == 80);
