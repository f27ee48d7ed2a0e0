// SPDX-License-Identifier: BSL-1.0
// 512 channels have no 7 heads.
// expect: rule::channels_are_not_divisible_by_heads
// expect: at_layer<1,
// expect: input<16, 512>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<16, 512>, at::self_attention<512, 8>>;
#else
using net = at::network<at::input<16, 512>, at::self_attention<512, 7>>;
#endif
static_assert(at::output_shape<net> == at::shape{16, 512});
