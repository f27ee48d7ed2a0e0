// SPDX-License-Identifier: BSL-1.0
// An input in the middle: what stands before it is lost.
// expect: rule::result_is_never_read
// expect: at_layer<1,
// expect: input<8>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::dense<4>, at::point<"seen">, at::input<4>, at::relu,
                        at::merge<at::add, "seen">>;
#else
using net = at::network<at::input<8>, at::dense<4>, at::input<4>, at::relu>;
#endif
static_assert(at::parameter_count<net> == 36);
