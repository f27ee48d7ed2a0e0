// SPDX-License-Identifier: BSL-1.0
// Weights of real numbers in an object that takes 8-bit ones.
// expect: these are no weights of a quantized network
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

#ifdef CONTROL
at::quantized_inference<net, integers> run;
#else
at::quantized_inference<net, real> run;
#endif
static_assert(sizeof(run) <= 16 * 1024);
