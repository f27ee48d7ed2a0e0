// SPDX-License-Identifier: BSL-1.0
// A cell that reads its long-term state normalized is for layers with layer_norm_inside.
// expect: rule::layer_norm_inside_does_not_fit
// expect: at_layer<1,
#include <archetype/architecture.hpp>

namespace at = archetype;

using cell = at::lstm_cell<at::tanh, at::sigmoid, at::peephole::normalized>;
#ifdef CONTROL
using net = at::network<at::input<6, 4>, at::recurrent<3, cell, at::layer_norm_inside>>;
#else
using net = at::network<at::input<6, 4>, at::recurrent<3, cell>>;
#endif
static_assert(at::output_shape<net> == at::shape{3});
