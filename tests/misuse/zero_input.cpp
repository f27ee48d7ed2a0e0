// SPDX-License-Identifier: BSL-1.0
// An input without columns.
// expect: rule::extent_is_zero
// expect: at_layer<0,
// expect: input<28, 0, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<28, 1, 1>, at::flatten, at::dense<10>>;
#else
using net = at::network<at::input<28, 0, 1>, at::flatten, at::dense<10>>;
#endif
static_assert(at::parameter_count<net> == 290);
