// SPDX-License-Identifier: BSL-1.0
// A pooling window larger than the map.
// expect: rule::kernel_exceeds_padded_input
// expect: at_layer<2,
// expect: max_pool2d<4>
// expect: input<3, 3, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 4, 1>, at::conv2d<2, 1>, at::max_pool2d<4>>;
#else
using net = at::network<at::input<3, 3, 1>, at::conv2d<2, 1>, at::max_pool2d<4>>;
#endif
static_assert(at::parameter_count<net> == 4);
