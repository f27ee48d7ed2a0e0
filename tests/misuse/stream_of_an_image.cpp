// SPDX-License-Identifier: BSL-1.0
// An image is no sequence.
// expect: rule::stream_takes_a_sequence
// expect: at_layer<0,
// expect: network<
// expect: input<8, 8, 1>
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8>, at::conv1d<4, 3>>;
#else
using net = at::network<at::input<8, 8, 1>, at::conv2d<4, 3>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 1>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
