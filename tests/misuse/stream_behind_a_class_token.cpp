// SPDX-License-Identifier: BSL-1.0
// A step before the others: what follows would never be at its time.
// expect: rule::stream_has_no_end
// expect: at_layer<2,
// expect: class_token<
// expect: input<8, 4>
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 2>, at::conv1d<4, 3, at::causal>, at::position_embedding<8>>;
#else
using net = at::network<at::input<8, 2>, at::conv1d<4, 3, at::causal>, at::class_token<>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 1>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
