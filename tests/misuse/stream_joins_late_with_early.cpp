// SPDX-License-Identifier: BSL-1.0
// One branch has a row for every second step, the other for each: their rows are as many only here.
// expect: rule::stream_joins_at_one_time
// expect: at_layer<3,
// expect: add
// expect: joined<
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 2>,
                        at::residual<at::conv1d<2, 2, at::stride<2>>, at::conv1d<2, 1, at::stride<2>>>>;
#else
using net = at::network<at::input<8, 2>, at::residual<at::conv1d<2, 2, at::stride<2>>, at::conv1d<2, 5>>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 1>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
