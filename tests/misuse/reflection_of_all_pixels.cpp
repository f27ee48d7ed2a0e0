// SPDX-License-Identifier: BSL-1.0
// A reflection of 4 rows into 4.
// expect: rule::padding_exceeds_the_input
// expect: at_layer<1,
// expect: reflection_pad2d<
// expect: input<4, 9, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 9, 2>, at::reflection_pad2d<3>>;
#else
using net = at::network<at::input<4, 9, 2>, at::reflection_pad2d<4>>;
#endif
static_assert(at::output_shape<net> == at::shape{10, 15, 2});
