// SPDX-License-Identifier: BSL-1.0
// 40 channels are no queries, keys and values of 3 heads.
// expect: rule::channels_are_not_divisible_by_heads
// expect: at_layer<2,
// expect: input<9, 40>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<9, 4>, at::dense<45, at::last_axis>, at::scaled_dot_product_attention<3>>;
#else
using net = at::network<at::input<9, 4>, at::dense<40, at::last_axis>, at::scaled_dot_product_attention<3>>;
#endif
static_assert(at::output_shape<net> == at::shape{9, 15});
