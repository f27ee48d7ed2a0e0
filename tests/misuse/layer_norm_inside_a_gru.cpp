// SPDX-License-Identifier: BSL-1.0
// A GRU that resets before its product has two products with states, not one to normalize.
// expect: rule::layer_norm_inside_does_not_fit
// expect: at_layer<1,
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 3>, at::gru<5, at::layer_norm_inside, at::reset_after>>;
#else
using net = at::network<at::input<4, 3>, at::gru<5, at::layer_norm_inside>>;
#endif
static_assert(at::output_shape<net> == at::shape{5});
