// SPDX-License-Identifier: BSL-1.0
// A projection of size 0.
// expect: rule::extent_is_zero
// expect: at_layer<1,
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 3>, at::lstm<5, at::proj_size<2>>>;
#else
using net = at::network<at::input<4, 3>, at::lstm<5, at::proj_size<0>>>;
#endif
static_assert(at::output_shape<net> == at::shape{2});
