// SPDX-License-Identifier: BSL-1.0
// Three mistakes: the first is reported, and no assertion about the network adds to it.
// expect: rule::kernel_exceeds_padded_input
// expect: at_layer<1,
// expect: conv2d<4, 9>
// expect: input<8, 8, 1>
// refuse: rule::extent_is_zero
// refuse: rule::flatten_is_missing
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 1>, at::conv2d<4, 7>, at::reshape<16>, at::dense<2>>;
#else
using net = at::network<at::input<8, 8, 1>, at::conv2d<4, 9>, at::dense<0>, at::reshape<7>>;
#endif
static_assert(at::parameter_count<net> == 234);
static_assert(at::output_shape<net> == at::shape{2});
static_assert(at::multiply_accumulate_count<net> < 1'000'000);
