// SPDX-License-Identifier: BSL-1.0
// ResNet-50 on 512 x 512: 7 x 7 pooling of the last map leaves 2 x 2 x 2048 = 8,192.
// expect: rule::reshape_changes_the_size
// expect: at_layer<2,
// expect: reshape<2048>
// expect: input<2, 2, 2048>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<16, 16, 2048>, at::global_avg_pool2d, at::reshape<2048>, at::dense<1000>>;
#else
using net = at::network<at::input<16, 16, 2048>, at::avg_pool2d<7>, at::reshape<2048>, at::dense<1000>>;
#endif
static_assert(at::parameter_count<net> == 2'049'000);
