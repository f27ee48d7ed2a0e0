// SPDX-License-Identifier: BSL-1.0
// One number too many.
// expect: sample_does_not_fit<archetype::detail::sample_fault::other_size, float, 16, 17>
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

at::inference<net> object{real};
float run(const float (&sample)[17]) {
#ifdef CONTROL
    return object(std::span(sample).first<16>())[0];
#else
    return object(sample)[0];
#endif
}
