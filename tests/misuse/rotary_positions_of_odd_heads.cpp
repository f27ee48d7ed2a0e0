// SPDX-License-Identifier: BSL-1.0
// Heads of 5 channels have no pairs to turn.
// expect: rule::rotary_head_is_odd
// expect: at_layer<2,
// expect: input<9, 60>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<9, 20>, at::self_attention<20, 5, at::rotary<>>>;
#else
using net = at::network<at::input<9, 20>, at::self_attention<20, 4, at::rotary<>>>;
#endif
static_assert(at::output_shape<net> == at::shape{9, 20});
