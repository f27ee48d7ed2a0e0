// SPDX-License-Identifier: BSL-1.0
// A type that is not a layer.
// expect: rule::not_a_layer
// expect: at_layer<2,
// expect: int
// expect: input<4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::dense<4>, at::relu>;
#else
using net = at::network<at::input<8>, at::dense<4>, int>;
#endif
static_assert(at::parameter_count<net> == 36);
