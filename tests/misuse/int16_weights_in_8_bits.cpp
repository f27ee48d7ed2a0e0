// SPDX-License-Identifier: BSL-1.0
// Words that were packed for activations of 8 bits, taken for those of 16.
// expect: the number of 8-bit weights does not fit the architecture
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,
                        at::flatten, at::dense<10>>;

#ifdef CONTROL
constexpr std::size_t count = at::quantized_weight_count<net, std::int16_t, at::weight_order::plain>;
#else
constexpr std::size_t count = at::quantized_weight_count<net>;
#endif
extern const std::int32_t words[count];
constexpr at::quantized_weights<at::architecture_hash<net>, count, at::weight_order::plain, std::int16_t>
    weights{words};
static_assert(sizeof(at::quantized_inference<net, weights>) <= 16 * 1024);
