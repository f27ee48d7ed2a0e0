// SPDX-License-Identifier: BSL-1.0
// Each line of an image has states of its own.
// expect: rule::states_of_one_sequence
// expect: at_layer<1,
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<6, 4>, at::with_states<at::gru<3>, at::final_states<"h">>>;
#else
using net =
    at::network<at::input<6, 5, 4>, at::with_states<at::gru<3, at::time_axis<1>>, at::final_states<"h">>>;
#endif
static_assert(at::output_shape<net> == at::shape{3});
