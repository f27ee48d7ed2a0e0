// SPDX-License-Identifier: BSL-1.0
// W = 5, F = 7, S = 1, P = 0: no output exists, and no unsigned number wraps around.
// expect: rule::kernel_exceeds_padded_input
// expect: at_layer<1,
// expect: conv2d<1, 7>
// expect: input<5, 5, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<5, 5, 1>, at::conv2d<1, 7, at::padding<1>>>;
#else
using net = at::network<at::input<5, 5, 1>, at::conv2d<1, 7>>;
#endif
static_assert(at::parameter_count<net> == 50);
