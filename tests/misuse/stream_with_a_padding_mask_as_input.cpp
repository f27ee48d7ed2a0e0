// SPDX-License-Identifier: BSL-1.0
// A stream has one input: its mask can only follow from that.
// expect: rule::stream_takes_a_sequence
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

#ifdef CONTROL
using mask = at::sequence<at::step_mask<>, at::point<"mask">, at::from<"x">>;
#else
using mask = at::sequence<at::named<"mask", at::input<8>>, at::from<"x">>;
#endif
using net = at::network<at::named<"x", at::input<8, 4>>, mask,
                        at::self_attention<4, 2, at::causal, at::padding_mask<"mask">>>;
template <class Weights>
auto run(const Weights& weights) {
    return at::stream<net, float, 1>{weights};
}
at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{nullptr};
void use() { (void)run(weights); }
