// SPDX-License-Identifier: BSL-1.0
// A count of a part that the network has not.
// expect: rule::part_does_not_exist
// expect: "head"
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::named<"head", at::dense<4>>>;
#else
using net = at::network<at::input<8>, at::named<"body", at::dense<4>>>;
#endif
static_assert(at::parameter_count<net, "head"> == 36);
