// SPDX-License-Identifier: BSL-1.0
// Rounding up and refusing to round at once.
// expect: rule::ceil_mode_contradicts_exact
// expect: at_layer<2,
// expect: archetype::ceil_mode
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3>, at::max_pool2d<2, at::exact>>;
#else
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3>, at::max_pool2d<2, at::ceil_mode, at::exact>>;
#endif
static_assert(at::parameter_count<net> == 10);
