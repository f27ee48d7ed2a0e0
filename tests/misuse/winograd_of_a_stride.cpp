// SPDX-License-Identifier: BSL-1.0
// Winograd's filtering asked for where windows do not overlap as it needs.
// expect: rule::winograd_needs_another_window
// expect: at_layer<1,
// expect: conv2d<64, 3, archetype::stride<2
// expect: input<56, 56, 64>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<56, 56, 64>, at::conv2d<64, 3, at::winograd<4>>>;
#else
using net = at::network<at::input<56, 56, 64>, at::conv2d<64, 3, at::stride<2>, at::winograd<4>>>;
#endif
static_assert(at::parameter_count<net> == 36'928);
