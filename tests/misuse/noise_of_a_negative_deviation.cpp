// SPDX-License-Identifier: BSL-1.0
// A deviation is at least 0.
// expect: rule::rate_is_out_of_range
// expect: at_layer<1,
// expect: gaussian_noise<
// expect: input<8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::gaussian_noise<0.5>, at::dense<1>>;
#else
using net = at::network<at::input<8>, at::gaussian_noise<-0.5>, at::dense<1>>;
#endif
static_assert(at::parameter_count<net> == 9);
