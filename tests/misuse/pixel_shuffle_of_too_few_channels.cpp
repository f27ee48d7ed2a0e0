// SPDX-License-Identifier: BSL-1.0
// 6 channels are not 4 pixels of each.
// expect: rule::channels_are_not_divisible_by_pieces
// expect: at_layer<1,
// expect: pixel_shuffle<2
// expect: input<7, 8, 6>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<7, 8, 6>, at::conv2d<8, 1>, at::pixel_shuffle<2>>;
#else
using net = at::network<at::input<7, 8, 6>, at::pixel_shuffle<2>>;
#endif
static_assert(at::output_shape<net> == at::shape{14, 16, 2});
