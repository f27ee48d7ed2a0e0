// SPDX-License-Identifier: BSL-1.0
// A layer that is no function as the function of the gates.
// expect: rule::not_an_activation
// expect: at_layer<1,
// expect: gru<5, archetype::recurrent_activation<archetype::softmax
// expect: input<4, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 3>, at::gru<5, at::recurrent_activation<at::relu>>>;
#else
using net = at::network<at::input<4, 3>, at::gru<5, at::recurrent_activation<at::softmax>>>;
#endif
static_assert(at::parameter_count<net> == 3 * 5 * (3 + 5 + 1));
