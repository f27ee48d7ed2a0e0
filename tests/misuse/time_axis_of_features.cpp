// SPDX-License-Identifier: BSL-1.0
// The features of a step are no axis to go along.
// expect: rule::axis_does_not_exist
// expect: at_layer<1,
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<6, 5, 4>, at::lstm<3, at::time_axis<2>>>;
#else
using net = at::network<at::input<6, 5, 4>, at::lstm<3, at::time_axis<3>>>;
#endif
static_assert(at::output_shape<net> == at::shape{6, 3});
