// SPDX-License-Identifier: BSL-1.0
// Angles that do not differ turn nothing.
// expect: rule::base_of_positions_is_too_small
// expect: at_layer<1,
// expect: self_attention
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<9, 20>, at::self_attention<20, 5, at::rotary<2.0>>>;
#else
using net = at::network<at::input<9, 20>, at::self_attention<20, 5, at::rotary<1.0>>>;
#endif
static_assert(at::output_shape<net> == at::shape{9, 20});
