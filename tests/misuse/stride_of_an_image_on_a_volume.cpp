// SPDX-License-Identifier: BSL-1.0
// Two equal strides, of rows and columns, for the three axes of a volume.
// expect: rule::option_has_other_axes
// expect: at_layer<1,
// expect: conv3d<4, 1,
// expect: input<4, 8, 8, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 8, 8, 2>, at::conv3d<4, 1, at::stride<1, 2, 2>, at::dilation<1>>>;
#else
using net = at::network<at::input<4, 8, 8, 2>, at::conv3d<4, 1, at::stride<2, 2>, at::dilation<1>>>;
#endif
static_assert(at::parameter_count<net> == 12);
