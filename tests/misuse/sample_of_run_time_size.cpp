// SPDX-License-Identifier: BSL-1.0
// A span whose size the compiler does not know.
// expect: the sample's size is known at run time only
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
std::int8_t run(std::span<const std::int8_t> sample) {
#ifdef CONTROL
    return object(sample.first<16>())[0];
#else
    return object(sample)[0];
#endif
}
