// SPDX-License-Identifier: BSL-1.0
// Two ways to pad at once.
// expect: rule::padding_contradicts_same
// expect: at_layer<1,
// expect: archetype::same
// expect: archetype::padding<1>
// expect: input<8, 8, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3, at::same>>;
#else
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3, at::same, at::padding<1>>>;
#endif
static_assert(at::parameter_count<net> == 10);
