// SPDX-License-Identifier: BSL-1.0
// 6 heads of queries cannot share 4 heads of keys and values.
// expect: rule::heads_are_not_divisible_by_key_value_heads
// expect: at_layer<2,
// expect: input<9, 56>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<9, 24>, at::self_attention<24, 6, at::key_value_heads<3>>>;
#else
using net = at::network<at::input<9, 24>, at::self_attention<24, 6, at::key_value_heads<4>>>;
#endif
static_assert(at::output_shape<net> == at::shape{9, 24});
