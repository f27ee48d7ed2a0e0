// SPDX-License-Identifier: BSL-1.0
// A weight of the old average above 1.
// expect: rule::momentum_is_out_of_range
// expect: batch_norm<
// expect: input<8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::batch_norm<at::momentum<0.9>>>;
#else
using net = at::network<at::input<8>, at::batch_norm<at::momentum<1.1>>>;
#endif
static_assert(at::parameter_count<net> == 16);
