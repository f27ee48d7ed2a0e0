// SPDX-License-Identifier: BSL-1.0
// same decides the size alone.
// expect: rule::output_padding_contradicts_same
// expect: at_layer<1,
// expect: conv2d_transpose<2,
// expect: input<4, 4, 1>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 4, 1>, at::conv2d_transpose<2, 3, at::stride<2>, at::same>>;
#else
using net = at::network<at::input<4, 4, 1>,
                        at::conv2d_transpose<2, 3, at::stride<2>, at::same, at::output_padding<1>>>;
#endif
static_assert(at::parameter_count<net> == 20);
