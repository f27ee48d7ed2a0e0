// SPDX-License-Identifier: BSL-1.0
// A convolution along a sequence, given an image.
// expect: rule::takes_a_sequence
// expect: at_layer<1,
// expect: conv1d<4, 3>
// expect: input<8, 8, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 2>, at::reshape<64, 2>, at::conv1d<4, 3>>;
#else
using net = at::network<at::input<8, 8, 2>, at::conv1d<4, 3>>;
#endif
static_assert(at::parameter_count<net> == 28);
