// SPDX-License-Identifier: BSL-1.0
// Steps of an image.
// expect: rule::takes_a_sequence
// expect: at_layer<1,
// expect: input<6, 8, 2>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<6, 8>, at::step_mask<>>;
#else
using net = at::network<at::input<6, 8, 2>, at::step_mask<>>;
#endif
static_assert(at::output_shape<net> == at::shape{6, 1});
