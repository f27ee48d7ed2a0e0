// SPDX-License-Identifier: BSL-1.0
// FL-06 (b): an output padding of 1 where stride and dilation are 1.
// expect: rule::output_padding_reaches_the_stride
// expect: at_layer<1,
// expect: conv2d_transpose<1,
// expect: archetype::output_padding<1
// expect: input<3, 3, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<3, 3, 1>, at::conv2d_transpose<1, 3>>;
#else
using net = at::network<at::input<3, 3, 1>, at::conv2d_transpose<1, 3, at::output_padding<1>>>;
#endif
static_assert(at::parameter_count<net> == 10);
