// SPDX-License-Identifier: BSL-1.0
// 8-bit weights for an object that keeps a pointer to real numbers.
// expect: these are no weights of real numbers
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

float run(std::span<const float, 16> sample) {
#ifdef CONTROL
    at::inference<net> object{real};
#else
    at::inference<net> object{integers};
#endif
    return object(sample)[0];
}
