// SPDX-License-Identifier: BSL-1.0
// A layer that is to share the parameters of another, with another width.
// expect: rule::shared_parameters_differ
// expect: dense<5>
// expect: input<4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using again = at::dense<4>;
#else
using again = at::dense<5>;
#endif
using net = at::network<at::input<4>, at::shared<"twin", at::dense<4>>, at::relu, at::shared<"twin", again>>;
static_assert(at::parameter_count<net> == 20);
