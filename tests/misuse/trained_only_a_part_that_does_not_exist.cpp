// SPDX-License-Identifier: BSL-1.0
// No part has the name of the one that is to be trained.
// expect: rule::part_does_not_exist
// expect: at_layer<0,
// expect: "head"
#include <archetype/architecture.hpp>

namespace at = archetype;

using whole = at::network<at::input<8>, at::dense<4>, at::relu, at::named<"scores", at::dense<2>>>;
#ifdef CONTROL
using net = at::trained_only<whole, "scores">;
#else
using net = at::trained_only<whole, "head">;
#endif
static_assert(at::parameter_count<net> == 10);
