// SPDX-License-Identifier: BSL-1.0
// A state from an output that the network does not have.
// expect: the network has no side_output of this name
// expect: feedback<
// lines: 16
#include <archetype/inference.hpp>

namespace at = archetype;

using net =
    at::network<at::named<"x", at::input<1, 3>>, at::named<"h", at::input<4>>, at::from<"x">,
                at::with_states<at::gru<4>, at::initial_states<"h">>, at::side_output<"next">, at::dense<2>>;
extern const float numbers[at::inference_weight_count<net> + at::constant_weights_slack];
inline constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{
    numbers};

#ifdef CONTROL
using object = at::with_feedback<at::embedded<net, weights>, at::feedback<"h", "next">>;
#else
using object = at::with_feedback<at::embedded<net, weights>, at::feedback<"h", "last">>;
#endif
object run;
float step(std::span<const float, 3> sample) {
    run.reset();
    return run(sample)[0];
}
