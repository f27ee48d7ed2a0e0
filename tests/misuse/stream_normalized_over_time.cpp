// SPDX-License-Identifier: BSL-1.0
// A norm over all steps needs all of them.
// expect: rule::stream_has_no_end
// expect: at_layer<2,
// expect: group_norm<2
// expect: input<8, 4>
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 2>, at::conv1d<4, 3, at::causal>, at::rms_norm<>>;
#else
using net = at::network<at::input<8, 2>, at::conv1d<4, 3, at::causal>, at::group_norm<2>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 1>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
