// SPDX-License-Identifier: BSL-1.0
// A further step before the rows of an image: patches are made a sequence first.
// expect: rule::takes_a_sequence
// expect: at_layer<2,
// expect: input<7, 7, 16>
#include <archetype/architecture.hpp>

namespace at = archetype;

using patches = at::conv2d<16, 4, at::stride<4>>;
#ifdef CONTROL
using net = at::network<at::input<28, 28, 1>, patches, at::reshape<49, 16>, at::class_token<>>;
#else
using net = at::network<at::input<28, 28, 1>, patches, at::class_token<>>;
#endif
static_assert(at::output_shape<net> == at::shape{50, 16});
