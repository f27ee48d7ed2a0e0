// SPDX-License-Identifier: BSL-1.0
// 13 * 13 is not 168.
// expect: rule::reshape_changes_the_size
// expect: at_layer<2,
// expect: reshape<12, 14>
// expect: input<169>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<12, 14, 1>, at::flatten, at::reshape<12, 14>, at::flatten, at::dense<1>>;
#else
using net = at::network<at::input<13, 13, 1>, at::flatten, at::reshape<12, 14>, at::flatten, at::dense<1>>;
#endif
static_assert(at::parameter_count<net> == 169);
