// SPDX-License-Identifier: BSL-1.0
// An option of a GRU in an LSTM.
// expect: rule::unknown_option
// expect: at_layer<1,
// expect: lstm<5, archetype::reset_after
// expect: input<4, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 3>, at::lstm<5, at::two_biases>>;
#else
using net = at::network<at::input<4, 3>, at::lstm<5, at::reset_after>>;
#endif
static_assert(at::parameter_count<net> == 4 * 5 * (3 + 5 + 2));
