// SPDX-License-Identifier: BSL-1.0
// The same parameters cannot be trained here and frozen there.
// expect: rule::shared_parameters_differ
// expect: at_layer<2,
// expect: dense<4>
// expect: input<4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using first = at::frozen<at::shared<"a", at::dense<4>>>;
#else
using first = at::shared<"a", at::dense<4>>;
#endif
using net = at::network<at::input<4>, first, at::frozen<at::shared<"a", at::dense<4>>>, at::dense<1>>;
static_assert(at::total_count<net> == 25);
