// SPDX-License-Identifier: BSL-1.0
// Gates {C} of squeeze and excitation for another number of channels.
// expect: rule::joined_shapes_differ
// expect: at_layer<6,
// expect: joined<
// expect: input<4>
// expect: input<8, 8, 16>
#include <archetype/architecture.hpp>

namespace at = archetype;

#ifdef CONTROL
using gates = at::dense<16>;
#else
using gates = at::dense<4>;
#endif
using net = at::network<at::input<8, 8, 3>, at::conv2d<16, 3, at::same>, at::relu, at::point<"seen">,
                        at::global_avg_pool2d, gates, at::sigmoid, at::merge<at::multiply, "seen">>;
static_assert(at::output_shape<net> == at::shape{8, 8, 16});
