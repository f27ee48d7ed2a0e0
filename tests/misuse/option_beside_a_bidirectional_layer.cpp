// SPDX-License-Identifier: BSL-1.0
// What stands behind the join is for the layer that goes backwards alone: options of both are the layer's.
// expect: rule::not_a_layer
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<6, 4>, at::bidirectional<at::lstm<3, at::no_bias>, at::add>>;
#else
using net = at::network<at::input<6, 4>, at::bidirectional<at::lstm<3>, at::add, at::no_bias>>;
#endif
static_assert(at::output_shape<net> == at::shape{3});
