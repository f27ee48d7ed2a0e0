// SPDX-License-Identifier: BSL-1.0
// FL-06 (a): from 46 rows, kernel 16 and stride 8 with padding 8 reach 360 to 367, not 368.
// expect: rule::output_padding_reaches_the_stride
// expect: at_layer<1,
// expect: conv2d_transpose<1,
// expect: input<46, 62, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<46, 62, 1>,
                        at::conv2d_transpose<1, 16, at::stride<8>, at::padding<8>, at::output_padding<7, 1>>>;
#else
using net = at::network<at::input<46, 62, 1>,
                        at::conv2d_transpose<1, 16, at::stride<8>, at::padding<8>, at::output_padding<8, 1>>>;
#endif
static_assert(at::parameter_count<net> == 257);
