// SPDX-License-Identifier: BSL-1.0
// A first state that is a parameter and comes in as well.
// expect: rule::first_state_is_given_twice
// expect: at_layer<2
// expect: trainable_initial_state
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::with_states<at::gru<4>, at::initial_states<"h">>;
#else
using layer = at::with_states<at::gru<4, at::trainable_initial_state>, at::initial_states<"h">>;
#endif
using net = at::network<at::named<"h", at::input<4>>, at::named<"x", at::input<5, 3>>, layer>;
static_assert(at::output_shape<net> == at::shape{4});
