// SPDX-License-Identifier: BSL-1.0
// Attention has no stride.
// expect: rule::unknown_option
// expect: at_layer<1,
// expect: stride
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<9, 20>, at::self_attention<20, 5, at::causal>>;
#else
using net = at::network<at::input<9, 20>, at::self_attention<20, 5, at::stride<2>>>;
#endif
static_assert(at::output_shape<net> == at::shape{9, 20});
