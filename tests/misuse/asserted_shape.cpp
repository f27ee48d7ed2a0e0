// SPDX-License-Identifier: BSL-1.0
// A shape that was asserted wrongly: found and asked.
// expect: is_different<
// expect: "conv"
// expect: found<archetype::input<24, 24, 8>
// expect: asked<archetype::input<26, 26, 8>
#include <archetype/architecture.hpp>

namespace at = archetype;

using net = at::network<at::input<28, 28, 1>, at::named<"conv", at::conv2d<8, 5>>, at::relu>;
#ifdef CONTROL
static_assert(at::has_shape<net, at::shape{24, 24, 8}, "conv"> && at::has_shape<net, at::shape{24, 24, 8}>);
static_assert(at::has_input_shape<net, at::shape{28, 28, 1}>);
#else
static_assert(at::has_shape<net, at::shape{26, 26, 8}, "conv">);
#endif
