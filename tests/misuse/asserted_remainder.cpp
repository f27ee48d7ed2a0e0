// SPDX-License-Identifier: BSL-1.0
// Unread cells that were asserted wrongly.
// expect: is_different<
// expect: found<archetype::cells<1, 0>
// expect: asked<archetype::cells<0, 0>
#include <archetype/architecture.hpp>

namespace at = archetype;

using net = at::network<at::input<224, 223, 3>, at::named<"conv1", at::conv2d<96, 11, at::stride<4>>>>;
#ifdef CONTROL
static_assert(at::has_remainder<net, at::extent{1, 0}, "conv1">);
#else
static_assert(at::has_remainder<net, at::extent{0, 0}, "conv1">);
#endif
