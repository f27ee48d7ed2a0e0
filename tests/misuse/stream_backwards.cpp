// SPDX-License-Identifier: BSL-1.0
// A reversed layer begins with the last step, which a stream does not have.
// expect: rule::stream_sees_no_future
// expect: at_layer<2,
// expect: gru<3
// expect: input<8, 4>
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 2>, at::conv1d<4, 1>, at::gru<3, at::return_sequences>>;
#else
using net = at::network<at::input<8, 2>, at::conv1d<4, 1>, at::gru<3, at::return_sequences, at::reversed>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 1>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
