// SPDX-License-Identifier: BSL-1.0
// The map has shrunk to 2 x 2 where a 3 x 3 kernel comes.
// expect: rule::kernel_exceeds_padded_input
// expect: at_layer<4,
// expect: conv2d<64, 3>
// expect: input<2, 2, 64>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 3>, at::conv2d<64, 3>, at::relu, at::max_pool2d<3>,
                        at::conv2d<64, 3, at::same>, at::flatten>;
#else
using net = at::network<at::input<8, 8, 3>, at::conv2d<64, 3>, at::relu, at::max_pool2d<3>, at::conv2d<64, 3>,
                        at::flatten>;
#endif
static_assert(at::parameter_count<net> == 38'720);
