// SPDX-License-Identifier: BSL-1.0
// The same option twice.
// expect: rule::repeated_option
// expect: at_layer<1,
// expect: archetype::stride<2
// expect: input<8, 8, 1>
// expect: given<archetype::option::stride>
// sentence: archetype: layer 1 (conv2d): an option is given twice: stride
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3, at::stride<2>, at::same>>;
#else
using net = at::network<at::input<8, 8, 1>, at::conv2d<1, 3, at::stride<2>, at::same, at::stride<1>>>;
#endif
static_assert(at::parameter_count<net> == 10);
