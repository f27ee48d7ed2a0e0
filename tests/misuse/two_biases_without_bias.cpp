// SPDX-License-Identifier: BSL-1.0
// Two biases and none.
// expect: rule::two_biases_contradict_no_bias
// expect: at_layer<1,
// expect: gru<5, archetype::two_biases, archetype::no_bias
// expect: input<4, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 3>, at::gru<5, at::two_biases>>;
#else
using net = at::network<at::input<4, 3>, at::gru<5, at::two_biases, at::no_bias>>;
#endif
static_assert(at::parameter_count<net> == 3 * 5 * (3 + 5 + 2));
