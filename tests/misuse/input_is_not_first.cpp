// SPDX-License-Identifier: BSL-1.0
// An input in the middle.
// expect: rule::input_is_not_first
// expect: at_layer<2,
// expect: input<4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::dense<4>, at::relu>;
#else
using net = at::network<at::input<8>, at::dense<4>, at::input<4>, at::relu>;
#endif
static_assert(at::parameter_count<net> == 36);
