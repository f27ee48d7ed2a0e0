// SPDX-License-Identifier: BSL-1.0
// Full and diagonal peepholes.
// expect: rule::peepholes_contradict_diagonal
// expect: at_layer<1,
// expect: lstm<5, archetype::peepholes, archetype::diagonal_peepholes
// expect: input<4, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 3>, at::lstm<5, at::diagonal_peepholes>>;
#else
using net = at::network<at::input<4, 3>, at::lstm<5, at::peepholes, at::diagonal_peepholes>>;
#endif
static_assert(at::parameter_count<net> == 4 * 5 * (3 + 5 + 1) + 15);
