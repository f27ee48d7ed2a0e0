// SPDX-License-Identifier: BSL-1.0
// Channels 8 to 15 of 12.
// expect: rule::slice_exceeds_the_axis
// expect: at_layer<2,
// expect: slice<
// expect: input<5, 5, 12>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using part = at::slice<-1, 4, 12>;
#else
using part = at::slice<-1, 8, 16>;
#endif
using net = at::network<at::input<5, 5, 3>, at::conv2d<12, 3, at::same>, part>;
static_assert(at::output_shape<net> == at::shape{5, 5, 8});
