// SPDX-License-Identifier: BSL-1.0
// Real numbers for a network of integers.
// expect: this network takes integers and was given real numbers
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<16>, at::dense<10>, at::relu>;
extern const float numbers[at::inference_weight_count<net> + at::constant_weights_slack];
extern const std::int32_t words[at::quantized_weight_count<net>];
inline constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> real{
    numbers};
inline constexpr at::quantized_weights<at::architecture_hash<net>, at::quantized_weight_count<net>> integers{
    words};

at::quantized_inference<net, integers> object;
#ifdef CONTROL
std::int8_t run(std::span<const std::int8_t, 16> sample) { return object(sample)[0]; }
#else
std::int8_t run(std::span<const float, 16> sample) { return object(sample)[0]; }
#endif
