// SPDX-License-Identifier: BSL-1.0
// 7 rows are not pairs.
// expect: rule::extents_are_not_divisible_by_the_factor
// expect: at_layer<1,
// expect: space_to_depth<2
// expect: input<7, 8, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<7, 8, 3>, at::zero_padding2d<1, 0, 0, 0>, at::space_to_depth<2>>;
#else
using net = at::network<at::input<7, 8, 3>, at::space_to_depth<2>>;
#endif
static_assert(at::output_shape<net> == at::shape{4, 4, 12});
