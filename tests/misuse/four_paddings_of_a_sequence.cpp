// SPDX-License-Identifier: BSL-1.0
// A sequence has a beginning and an end.
// expect: rule::sequence_has_two_ends
// expect: at_layer<1,
// expect: conv1d<2, 3,
// expect: input<9, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<9, 1>, at::conv1d<2, 3, at::padding<2, 0>>>;
#else
using net = at::network<at::input<9, 1>, at::conv1d<2, 3, at::padding<0, 0, 2, 0>>>;
#endif
static_assert(at::parameter_count<net> == 8);
