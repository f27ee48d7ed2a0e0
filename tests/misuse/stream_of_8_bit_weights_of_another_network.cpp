// SPDX-License-Identifier: BSL-1.0
// Weights of 8 bits for real activations, made for another network, in a stream.
// expect: these 8-bit weights were written for another architecture
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<16, 1>, at::conv1d<4, 3, at::causal>>;
#ifdef CONTROL
using written = net;
#else
using written = at::network<at::input<16, 1>, at::conv1d<4, 3>>;
#endif
alignas(64) constexpr std::int8_t small[at::int8_weight_count<written> + at::constant_weights_slack]{};
alignas(64) constexpr float numbers[at::int8_weight_numbers<written> + at::constant_weights_slack]{};
constexpr at::int8_weights<at::architecture_hash<written>, at::int8_weight_count<written>,
                           at::int8_weight_numbers<written>>
    weights{small, numbers};
at::embedded_stream<net, weights> run;
void reset() { run.reset(); }
