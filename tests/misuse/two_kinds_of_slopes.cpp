// SPDX-License-Identifier: BSL-1.0
// One slope and one for each element.
// expect: rule::one_slope_contradicts_slope_per_element
// expect: at_layer<1,
// expect: prelu<archetype::one_slope, archetype::slope_per_element
// expect: input<4, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 3>, at::prelu<at::slope_per_element>>;
#else
using net = at::network<at::input<4, 3>, at::prelu<at::one_slope, at::slope_per_element>>;
#endif
static_assert(at::parameter_count<net> == 12);
