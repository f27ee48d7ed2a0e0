// SPDX-License-Identifier: BSL-1.0
// Three strides for the two axes of an image.
// expect: rule::option_has_other_axes
// expect: at_layer<1,
// expect: conv2d<4, 3,
// expect: input<8, 8, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 2>, at::conv2d<4, 3, at::stride<2, 1>>>;
#else
using net = at::network<at::input<8, 8, 2>, at::conv2d<4, 3, at::stride<1, 2, 1>>>;
#endif
static_assert(at::parameter_count<net> == 76);
