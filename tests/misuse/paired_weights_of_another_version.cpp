// SPDX-License-Identifier: BSL-1.0
// Weights of 8 bits for Cortex-M4 that an earlier version packed for other kernels.
// expect: these weights were generated in the format of another version: generate them again
#include <archetype/weights.hpp>
//
#include <archetype/inference.hpp>

namespace at = archetype;
using net = at::network<at::input<4>, at::dense<2>>;
constexpr at::weight_order order = at::weight_order::paired;
#ifdef CONTROL
inline constexpr unsigned format = at::weights_format_of(order);
#else
inline constexpr unsigned format = 1;
#endif
inline constexpr std::int32_t words[at::quantized_weight_count<net, std::int8_t, order>] = {};
inline constexpr at::quantized_weights<at::architecture_hash<net>,
                                       at::quantized_weight_count<net, std::int8_t, order>, order,
                                       std::int8_t, format>
    weights{words};
