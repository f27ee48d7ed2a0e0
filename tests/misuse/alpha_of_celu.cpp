// SPDX-License-Identifier: BSL-1.0
// celu divides by its alpha.
// expect: rule::activation_number_is_out_of_range
// expect: celu<
// expect: input<8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net =
    at::network<at::input<8>, at::celu<0.5>, at::snake<-1.0>, at::hard_shrink<0.0>, at::hard_tanh<0.0, 1.0>>;
#else
using net = at::network<at::input<8>, at::celu<0.0>>;
#endif
static_assert(at::parameter_count<net> == 0);
