// SPDX-License-Identifier: BSL-1.0
// Causal is a padding of its own.
// expect: rule::causal_contradicts_padding
// expect: at_layer<1,
// expect: conv1d<2, 3,
// expect: archetype::padding<1
// expect: input<9, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<9, 1>, at::conv1d<2, 3, at::causal>>;
#else
using net = at::network<at::input<9, 1>, at::conv1d<2, 3, at::causal, at::padding<1>>>;
#endif
static_assert(at::parameter_count<net> == 8);
