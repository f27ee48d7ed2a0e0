// SPDX-License-Identifier: BSL-1.0
// States of a layer that has none.
// expect: rule::states_of_a_recurrent_layer
// expect: at_layer<2
// expect: dense<4
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::with_states<at::simple_rnn<4>, at::initial_states<"h">>;
#else
using layer = at::with_states<at::dense<4>, at::initial_states<"h">>;
#endif
using net = at::network<at::named<"h", at::input<4>>, at::named<"x", at::input<5, 3>>, layer>;
static_assert(at::output_shape<net> == at::shape{4});
