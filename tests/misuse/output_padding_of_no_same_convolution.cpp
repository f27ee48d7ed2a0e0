// SPDX-License-Identifier: BSL-1.0
// A same convolution with stride 2 makes 5 of 9 or 10, not of 11.
// expect: rule::output_padding_reaches_the_stride
// expect: at_layer<1,
// expect: conv2d_transpose<
// expect: input<5, 5, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<5, 5, 3>,
                        at::conv2d_transpose<4, 3, at::stride<2>, at::same, at::output_padding<1>>>;
#else
using net = at::network<at::input<5, 5, 3>,
                        at::conv2d_transpose<4, 3, at::stride<2>, at::same, at::output_padding<2>>>;
#endif
static_assert(at::output_shape<net> == at::shape{10, 10, 4});
