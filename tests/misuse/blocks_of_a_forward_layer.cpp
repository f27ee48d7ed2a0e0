// SPDX-License-Identifier: BSL-1.0
// A layer that goes forwards looks ahead at nothing.
// expect: rule::blocks_are_of_a_reversed_layer
// expect: at_layer<1,
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<6, 4>, at::gru<3, at::return_sequences, at::reversed, at::in_blocks<2, 1>>>;
#else
using net = at::network<at::input<6, 4>, at::gru<3, at::return_sequences, at::in_blocks<2, 1>>>;
#endif
static_assert(at::output_shape<net> == at::shape{6, 3});
