// SPDX-License-Identifier: BSL-1.0
// The table of LeNet-5 connects 6 channels.
// expect: rule::table_has_other_channels
// expect: at_layer<1,
// expect: conv2d_table<5,
// expect: input<14, 14, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<14, 14, 4>, at::conv2d<6, 1>, at::conv2d_table<5, at::lenet5_connections>>;
#else
using net = at::network<at::input<14, 14, 4>, at::conv2d_table<5, at::lenet5_connections>>;
#endif
static_assert(at::parameter_count<net> == 1546);
