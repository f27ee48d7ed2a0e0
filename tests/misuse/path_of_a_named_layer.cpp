// SPDX-License-Identifier: BSL-1.0
// Names lead to the layer: the third repetition of a block, and the convolution in it.
// sentence: archetype: layer 3 "stage/block_2/conv" (conv2d) cannot take (2, 2, 4): the (dilated) kernel is larger than the padded input
// expect: rule::kernel_exceeds_padded_input
// expect: at_layer<3,
// expect: "stage/block_2/conv"
// expect: conv2d<4, 3>
// expect: input<2, 2, 4>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<
    at::input<7, 7, 1>,
    at::named<"stage", at::repeat<3, at::named<"block", at::sequence<at::named<"conv", at::conv2d<4, 3>>>>>>>;
#else
using net = at::network<
    at::input<6, 6, 1>,
    at::named<"stage", at::repeat<3, at::named<"block", at::sequence<at::named<"conv", at::conv2d<4, 3>>>>>>>;
#endif
static_assert(at::parameter_count<net> == 336);
