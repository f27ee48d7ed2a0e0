// SPDX-License-Identifier: BSL-1.0
// An image has three axes.
// expect: rule::axes_do_not_exist
// expect: at_layer<1,
// expect: layer_norm<archetype::axes<2, 4>
// expect: input<8, 8, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 4>, at::layer_norm<at::axes<2, 3>>>;
#else
using net = at::network<at::input<8, 8, 4>, at::layer_norm<at::axes<2, 4>>>;
#endif
static_assert(at::parameter_count<net> == 2 * 8 * 4);
