// SPDX-License-Identifier: BSL-1.0
// Each time step has slopes of its own, and a stream has no last one.
// expect: rule::stream_has_no_end
// expect: at_layer<2,
// expect: prelu<archetype::slope_per_element
// expect: input<8, 4>
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 2>, at::conv1d<4, 3, at::causal>, at::prelu<>, at::glu>;
#else
using net = at::network<at::input<8, 2>, at::conv1d<4, 3, at::causal>, at::prelu<at::slope_per_element>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 1>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
