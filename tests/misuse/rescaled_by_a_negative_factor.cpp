// SPDX-License-Identifier: BSL-1.0
// A factor below 0.
// expect: rule::scale_is_out_of_range
// expect: at_layer<1,
// expect: rescale2d<
// expect: input<8, 8, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 3>, at::rescale2d<0.5, 0.5>>;
#else
using net = at::network<at::input<8, 8, 3>, at::rescale2d<-0.5, 0.5>>;
#endif
static_assert(at::output_shape<net> == at::shape{4, 4, 3});
