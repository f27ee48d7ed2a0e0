// SPDX-License-Identifier: BSL-1.0
// Bare numbers in a stream that takes weights of any form.
// expect: embedded_stream takes what write_constant_weights wrote of a model, a quantized_model or a weight_quantized_model
// lines: 22
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<16, 1>, at::conv1d<4, 3, at::causal>>;
extern const std::int32_t words[at::quantized_weight_count<net>];
inline constexpr at::quantized_weights<at::architecture_hash<net>, at::quantized_weight_count<net>> integers{
    words};

#ifdef CONTROL
at::embedded_stream<net, integers> run;
#else
at::embedded_stream<net, words> run;
#endif
void reset() { run.reset(); }
