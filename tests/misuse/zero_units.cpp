// SPDX-License-Identifier: BSL-1.0
// A dense layer without units.
// expect: rule::extent_is_zero
// expect: at_layer<1,
// expect: dense<0>
// expect: input<4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4>, at::dense<1>>;
#else
using net = at::network<at::input<4>, at::dense<0>>;
#endif
static_assert(at::parameter_count<net> == 5);
