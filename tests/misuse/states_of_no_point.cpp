// SPDX-License-Identifier: BSL-1.0
// A first state from a point that does not stand.
// expect: rule::point_does_not_exist
// expect: at_layer<3
// expect: points<
// expect: "h"
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::with_states<at::gru<4>, at::initial_states<"h">>;
#else
using layer = at::with_states<at::gru<4>, at::initial_states<"hidden">>;
#endif
using net = at::network<at::named<"h", at::input<4>>, at::named<"x", at::input<5, 3>>, layer>;
static_assert(at::output_shape<net> == at::shape{4});
