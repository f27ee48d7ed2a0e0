// SPDX-License-Identifier: BSL-1.0
// 10 channels are not 4 equal parts.
// expect: rule::axis_is_not_divisible_by_parts
// expect: at_layer<2,
// expect: chunk<
// expect: input<7, 10>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using part = at::chunk<-1, 0, 5>;
#else
using part = at::chunk<-1, 0, 4>;
#endif
using net = at::network<at::input<7, 3>, at::conv1d<10, 3, at::same>, part>;
static_assert(at::output_shape<net> == at::shape{7, 2});
