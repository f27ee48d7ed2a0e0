// SPDX-License-Identifier: BSL-1.0
// A rate of 1 drops every sample.
// expect: rule::dropout_rate_is_out_of_range
// expect: at_layer<2,
// expect: stochastic_depth<
// expect: input<8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::residual<at::sequence<at::dense<8>, at::stochastic_depth<0.9>>>>;
#else
using net = at::network<at::input<8>, at::residual<at::sequence<at::dense<8>, at::stochastic_depth<1>>>>;
#endif
static_assert(at::parameter_count<net> == 72);
