// SPDX-License-Identifier: BSL-1.0
// An axis twice.
// expect: rule::axes_are_no_permutation
// expect: at_layer<2,
// expect: permute<
// expect: input<5, 5, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using part = at::permute<3, 1, 2>;
#else
using part = at::permute<3, 1, 1>;
#endif
using net = at::network<at::input<5, 5, 3>, at::conv2d<4, 3, at::same>, part>;
static_assert(at::output_shape<net> == at::shape{4, 5, 5});
