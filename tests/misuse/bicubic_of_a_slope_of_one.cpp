// SPDX-License-Identifier: BSL-1.0
// Weights of such a slope do not interpolate.
// expect: rule::cubic_slope_is_out_of_range
// expect: at_layer<1,
// expect: resize2d
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<5, 5, 2>, at::resize2d<10, at::bicubic<-1.0>>>;
#else
using net = at::network<at::input<5, 5, 2>, at::resize2d<10, at::bicubic<1.0>>>;
#endif
static_assert(at::output_shape<net> == at::shape{10, 10, 2});
