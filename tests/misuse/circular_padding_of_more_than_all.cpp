// SPDX-License-Identifier: BSL-1.0
// 5 steps do not go around more than once.
// expect: rule::padding_exceeds_the_input
// expect: at_layer<1,
// expect: circular_pad1d<
// expect: input<5, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<5, 2>, at::circular_pad1d<5, 0>>;
#else
using net = at::network<at::input<5, 2>, at::circular_pad1d<6, 0>>;
#endif
static_assert(at::output_shape<net> == at::shape{10, 2});
