// SPDX-License-Identifier: BSL-1.0
// Two rows come at once, and of three one is taken.
// expect: rule::stream_rows_come_regularly
// expect: at_layer<2,
// expect: conv1d<4, 3
// expect: 16, 4
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 2>, at::conv1d_transpose<4, 2, at::stride<2>>,
                        at::conv1d<4, 3, at::causal, at::stride<4>>>;
#else
using net = at::network<at::input<8, 2>, at::conv1d_transpose<4, 2, at::stride<2>>,
                        at::conv1d<4, 3, at::causal, at::stride<3>>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 4>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
