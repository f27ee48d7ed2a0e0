// SPDX-License-Identifier: BSL-1.0
// The third convolution leaves 8 x 8 x 120 = 7,680 values, not 120.
// expect: rule::flatten_is_missing
// expect: at_layer<6,
// expect: dense<10>
// expect: input<8, 8, 120>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<32, 32, 1>, at::conv2d<6, 3, at::same>, at::max_pool2d<2>,
                        at::conv2d<16, 3, at::same>, at::max_pool2d<2>, at::conv2d<120, 3, at::same>,
                        at::flatten, at::dense<10>>;
#else
using net =
    at::network<at::input<32, 32, 1>, at::conv2d<6, 3, at::same>, at::max_pool2d<2>,
                at::conv2d<16, 3, at::same>, at::max_pool2d<2>, at::conv2d<120, 3, at::same>, at::dense<10>>;
#endif
static_assert(at::parameter_count<net> == 95'150);
