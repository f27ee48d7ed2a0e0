// SPDX-License-Identifier: BSL-1.0
// A receptive field that was asserted wrongly.
// expect: is_different<
// expect: found<archetype::cells<5, 5>
// expect: asked<archetype::cells<6, 6>
#include <archetype/architecture.hpp>

namespace at = archetype;

using net = at::network<at::input<28, 28, 1>, at::conv2d<8, 3>, at::conv2d<8, 3>>;
#ifdef CONTROL
static_assert(at::has_receptive_field<net, 5>);
#else
static_assert(at::has_receptive_field<net, 6>);
#endif
