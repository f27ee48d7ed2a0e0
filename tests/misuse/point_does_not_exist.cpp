// SPDX-License-Identifier: BSL-1.0
// FL-19 (d): a skip that names a point which does not exist.
// expect: rule::point_does_not_exist
// expect: "encoder2"
// expect: at_layer<3,
// expect: concatenate
// expect: points<
// expect: "encoder1"
// sentence: archetype: layer 3 "encoder2" (concatenate): no point, named input or side of this name stands before; there stand "encoder1"
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using mark = at::point<"encoder2">;
#else
using mark = at::point<"encoder1">;
#endif
using net = at::network<at::input<8, 8, 3>, at::conv2d<3, 3, at::same>, mark, at::relu,
                        at::merge<at::concatenate, "encoder2">>;
static_assert(at::output_shape<net> == at::shape{8, 8, 6});
