// SPDX-License-Identifier: BSL-1.0
// 8-bit weights that were made for another network.
// expect: these 8-bit weights were written for another architecture
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,
                        at::flatten, at::dense<10>, at::softmax>;
using other = at::network<at::input<28, 28, 1>, at::flatten, at::dense<10>>;
extern const std::int8_t bytes[1 << 16];
extern const float numbers[1 << 16];

#ifdef CONTROL
constexpr at::int8_weights<at::architecture_hash<net>, at::int8_weight_count<net>,
                           at::int8_weight_numbers<net>>
    weights{bytes, numbers};
#else
constexpr at::int8_weights<at::architecture_hash<other>, at::int8_weight_count<other>,
                           at::int8_weight_numbers<other>>
    weights{bytes, numbers};
#endif
static_assert(sizeof(at::weight_quantized_inference<net, weights>) <= 16 * 1024);
