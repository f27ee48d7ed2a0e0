// SPDX-License-Identifier: BSL-1.0
// Five features in two groups.
// expect: rule::axis_is_not_divisible_by_parts
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<6, 4>, at::grouped<2, at::gru<3>>>;
#else
using net = at::network<at::input<6, 5>, at::grouped<2, at::gru<3>>>;
#endif
static_assert(at::output_shape<net> == at::shape{6});
