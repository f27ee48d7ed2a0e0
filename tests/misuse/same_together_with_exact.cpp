// SPDX-License-Identifier: BSL-1.0
// `same` always fits, so `exact` says nothing.
// expect: rule::same_contradicts_exact
// expect: at_layer<1,
// expect: archetype::exact
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3, at::exact>>;
#else
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3, at::exact, at::same>>;
#endif
static_assert(at::parameter_count<net> == 10);
