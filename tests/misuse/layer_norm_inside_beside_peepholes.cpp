// SPDX-License-Identifier: BSL-1.0
// An LSTM whose long-term state is normalized has no peepholes.
// expect: rule::layer_norm_inside_does_not_fit
// expect: at_layer<1,
// expect: input<4, 3>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<4, 3>, at::lstm<5, at::layer_norm_inside>>;
#else
using net = at::network<at::input<4, 3>, at::lstm<5, at::layer_norm_inside, at::peepholes>>;
#endif
static_assert(at::output_shape<net> == at::shape{5});
