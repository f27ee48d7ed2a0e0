// SPDX-License-Identifier: BSL-1.0
// Tiles of a size that Winograd's filtering does not have here.
// expect: rule::winograd_tile_is_not_2_or_4
// expect: at_layer<1,
// expect: conv2d<64, 3, archetype::winograd<3>
// expect: input<56, 56, 64>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<56, 56, 64>, at::conv2d<64, 3, at::winograd<2>>>;
#else
using net = at::network<at::input<56, 56, 64>, at::conv2d<64, 3, at::winograd<3>>>;
#endif
static_assert(at::parameter_count<net> == 36'928);
