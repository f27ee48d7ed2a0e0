// SPDX-License-Identifier: BSL-1.0
// Two inputs where one is read.
// expect: rule::input_is_never_read
// expect: at_layer<0,
// expect: input<8>
// sentence: archetype: nothing reads this input of the network
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::named<"sound", at::input<8>>, at::input<4>, at::merge<at::concatenate, "sound">,
                        at::dense<2>>;
#else
using net = at::network<at::named<"sound", at::input<8>>, at::input<12>, at::dense<2>>;
#endif
static_assert(at::parameter_count<net> == 26);
