// SPDX-License-Identifier: BSL-1.0
// Of a volume parts of channels are taken; its slices lie one below the other.
// expect: rule::takes_no_volume
// expect: at_layer<1,
// expect: slice<1, 0, 2
// expect: input<4, 8, 8, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 8, 8, 2>, at::reshape<32, 8, 2>, at::slice<1, 0, 16>, at::conv2d<4, 3>>;
#else
using net = at::network<at::input<4, 8, 8, 2>, at::slice<1, 0, 2>, at::conv2d<4, 3>>;
#endif
static_assert(at::parameter_count<net> == 76);
