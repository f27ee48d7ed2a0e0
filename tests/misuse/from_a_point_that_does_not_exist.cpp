// SPDX-License-Identifier: BSL-1.0
// Going on from a point that does not stand, where nothing stands.
// expect: rule::point_does_not_exist
// expect: from<
// expect: "middle"
// expect: points<>
// sentence: archetype: "middle": no point, named input or side of this name stands before; none stands
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8>, at::point<"middle">, at::relu, at::point<"end">, at::from<"middle">,
                        at::dense<8>, at::merge<at::add, "end">>;
#else
using net = at::network<at::input<8>, at::from<"middle">, at::dense<8>>;
#endif
static_assert(at::parameter_count<net> == 72);
