// SPDX-License-Identifier: BSL-1.0
// Rows of an image may come one after the other; all of it has no end.
// expect: rule::stream_has_no_end
// expect: at_layer<2,
// expect: flatten
// expect: 6, 6, 4
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 8, 1>, at::conv2d<4, 3>>;
#else
using net = at::network<at::input<8, 8, 1>, at::conv2d<4, 3>, at::flatten, at::dense<2>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 1>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
