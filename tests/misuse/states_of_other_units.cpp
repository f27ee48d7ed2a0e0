// SPDX-License-Identifier: BSL-1.0
// A first state with fewer numbers than the layer has units.
// expect: rule::states_do_not_fit
// expect: at_layer<3
// expect: states_behind_steps
// expect: gru<5
// expect: joined<
// expect: input<4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::sequence<at::with_states<at::gru<4>, at::initial_states<"h">>, at::dense<4>>;
#else
using layer = at::sequence<at::with_states<at::gru<5>, at::initial_states<"h">>, at::dense<4>>;
#endif
using net = at::network<at::named<"h", at::input<4>>, at::named<"x", at::input<5, 3>>, layer>;
static_assert(at::output_shape<net> == at::shape{4});
