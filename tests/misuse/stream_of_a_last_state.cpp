// SPDX-License-Identifier: BSL-1.0
// A stream has no end whose state could be the result.
// expect: rule::stream_has_no_end
// expect: at_layer<1,
// expect: lstm<3
// expect: input<8, 2>
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 2>, at::lstm<3, at::return_sequences>, at::dense<1, at::last_axis>>;
#else
using net = at::network<at::input<8, 2>, at::lstm<3>, at::dense<1>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 1>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
