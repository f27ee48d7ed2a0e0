// SPDX-License-Identifier: BSL-1.0
// Blocks of 3 steps do not fit a stride of 2.
// expect: rule::block_leaves_a_remainder
// expect: at_layer<1,
// expect: conv1d<4, 3
// expect: input<8, 2>
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 2>, at::conv1d<4, 3, at::causal, at::stride<3>>>;
#else
using net = at::network<at::input<8, 2>, at::conv1d<4, 3, at::causal, at::stride<2>>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 3>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
