// SPDX-License-Identifier: BSL-1.0
// same takes frames of the future, too.
// expect: rule::stream_sees_no_future
// expect: at_layer<1,
// expect: conv2d<4, 3
// expect: 8, 9, 1
// refuse: boost::mp11
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using net = at::network<at::input<8, 9, 1>, at::conv2d<4, 3, at::padding<2, 0, 1, 1>>>;
#else
using net = at::network<at::input<8, 9, 1>, at::conv2d<4, 3, at::same>>;
#endif
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 1>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
