// SPDX-License-Identifier: BSL-1.0
// 8-bit weights whose array ends with the last of them.
// expect: followed by 64 more elements, which kernels may read
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::flatten, at::dense<10>>;
constexpr std::size_t count = at::int8_weight_count<net>, others = at::int8_weight_numbers<net>;
extern const float numbers[others + at::constant_weights_slack];

#ifdef CONTROL
extern const std::int8_t bytes[count + at::constant_weights_slack];
#else
extern const std::int8_t bytes[count];
#endif
constexpr at::int8_weights<at::architecture_hash<net>, count, others> weights{bytes, numbers};
static_assert(sizeof(at::weight_quantized_inference<net, weights>) <= 64 * 1024);
