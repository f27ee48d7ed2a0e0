// SPDX-License-Identifier: BSL-1.0
// A state of a network of integers, whose output has another scale than the input.
// expect: outputs in 8 bits have another scale than inputs
// lines: 16
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<16>, at::dense<16>, at::relu>;
extern const float numbers[at::inference_weight_count<net> + at::constant_weights_slack];
extern const std::int32_t words[at::quantized_weight_count<net>];
inline constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> real{
    numbers};
inline constexpr at::quantized_weights<at::architecture_hash<net>, at::quantized_weight_count<net>> integers{
    words};

#ifdef CONTROL
using object = at::with_feedback<at::embedded<net, real>, at::feedback<"input">>;
#else
using object = at::with_feedback<at::quantized_inference<net, integers>, at::feedback<"input">>;
#endif
object run;
void step() { run(); }
