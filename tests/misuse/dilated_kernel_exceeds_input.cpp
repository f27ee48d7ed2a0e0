// SPDX-License-Identifier: BSL-1.0
// A 3 x 3 kernel of dilation 2 covers 5 x 5 cells.
// expect: rule::kernel_exceeds_padded_input
// expect: at_layer<1,
// expect: conv2d<8, 3, archetype::dilation<2
// expect: input<4, 4, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<5, 5, 1>, at::conv2d<8, 3, at::dilation<2>>>;
#else
using net = at::network<at::input<4, 4, 1>, at::conv2d<8, 3, at::dilation<2>>>;
#endif
static_assert(at::parameter_count<net> == 80);
