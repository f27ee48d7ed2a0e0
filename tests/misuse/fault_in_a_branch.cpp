// SPDX-License-Identifier: BSL-1.0
// A kernel that does not fit, inside a branch.
// expect: rule::kernel_exceeds_padded_input
// expect: "inception/wide"
// expect: conv2d<4, 9>
// expect: input<8, 8, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using wide = at::conv2d<4, 9, at::same>;
#else
using wide = at::conv2d<4, 9>;
#endif
using net =
    at::network<at::input<8, 8, 3>,
                at::named<"inception", at::branches<at::concatenate, at::conv2d<4, 1>,
                                                    at::named<"wide", at::sequence<wide, at::relu>>>>>;
static_assert(at::output_shape<net> == at::shape{8, 8, 8});
