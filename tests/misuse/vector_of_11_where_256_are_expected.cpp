// SPDX-License-Identifier: BSL-1.0
// A first layer written for 256 values: the reshape says so, and 11 is not 256.
// expect: rule::reshape_changes_the_size
// expect: at_layer<1,
// expect: reshape<256>
// expect: input<11>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<256>, at::reshape<256>, at::dense<4>>;
#else
using net = at::network<at::input<11>, at::reshape<256>, at::dense<4>>;
#endif
static_assert(at::parameter_count<net> == 1'028);
