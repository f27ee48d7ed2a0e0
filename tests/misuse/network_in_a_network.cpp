// SPDX-License-Identifier: BSL-1.0
// A network as a part of another.
// expect: rule::network_in_a_network
// expect: at_layer<2,
// expect: network<archetype::input<4>, archetype::dense<2
// sentence: archetype: layer 2: a network is no part of another
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using head = at::sequence<at::dense<2>>;
#else
using head = at::network<at::input<4>, at::dense<2>>;
#endif
using net = at::network<at::input<8>, at::dense<4>, head>;
static_assert(at::parameter_count<net> == 46);
