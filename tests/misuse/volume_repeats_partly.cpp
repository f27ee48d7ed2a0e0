// SPDX-License-Identifier: BSL-1.0
// A map for each slice cannot be joined as one that is the same for all slices.
// expect: rule::volume_repeats_partly
// expect: at_layer<1,
// expect: join_weights<archetype::multiply
// expect: input<4, 8, 8, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 8, 8, 2>, at::join_weights<at::multiply, at::shape{4, 8, 8, 1}>>;
#else
using net = at::network<at::input<4, 8, 8, 2>, at::join_weights<at::multiply, at::shape{8, 8, 2}>>;
#endif
static_assert(at::parameter_count<net> == 256);
