// SPDX-License-Identifier: BSL-1.0
// A sequence has two axes.
// expect: rule::axis_does_not_exist
// expect: at_layer<1,
// expect: reduce_mean<
// expect: input<9, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<9, 4>, at::reduce_mean<-2>>;
#else
using net = at::network<at::input<9, 4>, at::reduce_mean<3>>;
#endif
static_assert(at::output_shape<net> == at::shape{4});
