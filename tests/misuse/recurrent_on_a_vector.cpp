// SPDX-License-Identifier: BSL-1.0
// An LSTM after one that gives only its last state.
// expect: rule::time_axis_is_missing
// expect: at_layer<2,
// expect: lstm<5>
// expect: input<7>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 3>, at::lstm<7, at::return_sequences>, at::lstm<5>>;
#else
using net = at::network<at::input<4, 3>, at::lstm<7>, at::lstm<5>>;
#endif
static_assert(at::parameter_count<net> == 4 * 7 * (3 + 7 + 1) + 4 * 5 * (7 + 5 + 1));
