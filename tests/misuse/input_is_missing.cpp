// SPDX-License-Identifier: BSL-1.0
// A network that does not say what it takes.
// expect: rule::input_is_missing
// expect: at_layer<
// sentence: archetype: a network begins with its input
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::dense<4>, at::relu>;
#else
using net = at::network<at::dense<4>, at::relu>;
#endif
static_assert(at::parameter_count<net> == 36);
