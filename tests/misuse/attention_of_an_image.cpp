// SPDX-License-Identifier: BSL-1.0
// Attention goes along the steps of a sequence.
// expect: rule::takes_a_sequence
// expect: at_layer<1,
// expect: input<8, 8, 12>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 12>, at::reshape<64, 12>, at::scaled_dot_product_attention<2>>;
#else
using net = at::network<at::input<8, 8, 12>, at::scaled_dot_product_attention<2>>;
#endif
static_assert(at::output_shape<net> == at::shape{64, 4});
