// SPDX-License-Identifier: BSL-1.0
// Beta below zero.
// expect: rule::response_norm_is_out_of_range
// expect: at_layer<1,
// expect: local_response_norm<5,
// expect: input<8, 8, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 4>, at::local_response_norm<5, 1e-4, 0.75>>;
#else
using net = at::network<at::input<8, 8, 4>, at::local_response_norm<5, 1e-4, -0.75>>;
#endif
static_assert(at::parameter_count<net> == 0);
