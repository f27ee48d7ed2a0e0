// SPDX-License-Identifier: BSL-1.0
// A variance of 0 is divided by its root.
// expect: rule::epsilon_is_not_positive
// expect: layer_norm<
// expect: input<8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::layer_norm<at::epsilon<1e-5>>>;
#else
using net = at::network<at::input<8>, at::layer_norm<at::epsilon<0.0>>>;
#endif
static_assert(at::parameter_count<net> == 16);
