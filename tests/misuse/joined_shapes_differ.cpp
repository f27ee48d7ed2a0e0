// SPDX-License-Identifier: BSL-1.0
// A residual whose body halves the image and doubles the channels.
// expect: rule::joined_shapes_differ
// expect: at_layer<4,
// expect: "stage2/block"
// expect: joined<
// expect: input<4, 4, 16>
// expect: input<8, 8, 8>
#include <archetype/architecture.hpp>

namespace at = archetype;

using body = at::sequence<at::conv2d<16, 3, at::stride<2>, at::same>, at::relu, at::conv2d<16, 3, at::same>>;
#ifdef CONTROL
using block = at::residual<body, at::conv2d<16, 1, at::stride<2>>>;
#else
using block = at::residual<body>;
#endif
using net = at::network<at::input<8, 8, 8>, at::named<"stage2", at::named<"block", block>>>;
static_assert(at::output_shape<net> == at::shape{4, 4, 16});
