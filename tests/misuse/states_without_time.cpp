// SPDX-License-Identifier: BSL-1.0
// A sequence that lacks its axis of time.
// expect: rule::time_axis_is_missing
// expect: at_layer<3
// expect: gru<4
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using layer = at::sequence<at::with_states<at::gru<4>, at::initial_states<"h">>>;
#else
using layer = at::sequence<at::flatten, at::with_states<at::gru<4>, at::initial_states<"h">>>;
#endif
using net = at::network<at::named<"h", at::input<4>>, at::named<"x", at::input<5, 3>>, layer>;
static_assert(at::output_shape<net> == at::shape{4});
