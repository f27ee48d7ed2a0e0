// SPDX-License-Identifier: BSL-1.0
// Weights of real numbers in a stream that takes weights of 8 bits.
// expect: these are no 8-bit weights for real activations
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<16, 1>, at::conv1d<4, 3, at::causal>>;
#ifdef CONTROL
using weights_type =
    at::int8_weights<at::architecture_hash<net>, at::int8_weight_count<net>, at::int8_weight_numbers<net>>;
#else
using weights_type = at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>, float>;
#endif
float first(const weights_type& weights, float sample) {
    at::weight_quantized_stream<net> run{weights};
    return run(std::span<const float, 1>(&sample, 1))[0];
}
