// SPDX-License-Identifier: BSL-1.0
// 65 steps for 64 positions.
// expect: rule::more_steps_than_positions
// expect: at_layer<2,
// expect: input<65, 8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<64>, at::embedding<100, 8>, at::position_embedding<64>>;
#else
using net = at::network<at::input<65>, at::embedding<100, 8>, at::position_embedding<64>>;
#endif
static_assert(at::output_shape<net> == at::shape{64, 8});
