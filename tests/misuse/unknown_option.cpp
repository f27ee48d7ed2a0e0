// SPDX-License-Identifier: BSL-1.0
// An option of another layer.
// expect: rule::unknown_option
// expect: at_layer<1,
// expect: dense<10, archetype::stride<2
// expect: input<8>
// expect: given<archetype::option::stride>
// sentence: archetype: layer 1 (dense): the layer does not know one of its options: stride
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::dense<10, at::no_bias>>;
#else
using net = at::network<at::input<8>, at::dense<10, at::stride<2>>>;
#endif
static_assert(at::parameter_count<net> == 80);
