// SPDX-License-Identifier: BSL-1.0
// Waves that would all have the same length.
// expect: rule::base_of_positions_is_too_small
// expect: at_layer<1,
// expect: input<5, 8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<5, 8>, at::sinusoidal_positions<100.0>>;
#else
using net = at::network<at::input<5, 8>, at::sinusoidal_positions<1.0>>;
#endif
static_assert(at::output_shape<net> == at::shape{5, 8});
