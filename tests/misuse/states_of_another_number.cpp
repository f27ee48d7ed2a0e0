// SPDX-License-Identifier: BSL-1.0
// An LSTM has two states, and one is given.
// expect: rule::states_do_not_fit
// expect: at_layer<2
// expect: steps_before_states
// expect: lstm<4
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::with_states<at::lstm<4>, at::initial_states<"h", "h">>;
#else
using layer = at::with_states<at::lstm<4>, at::initial_states<"h">>;
#endif
using net = at::network<at::named<"h", at::input<4>>, at::named<"x", at::input<5, 3>>, layer>;
static_assert(at::output_shape<net> == at::shape{4});
