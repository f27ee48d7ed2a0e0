// SPDX-License-Identifier: BSL-1.0
// Weights that were made for another network.
// expect: these constant weights were written for another architecture
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,
                        at::flatten, at::dense<10>, at::softmax>;
using other = at::network<at::input<28, 28, 1>, at::flatten, at::dense<10>>;
extern const float numbers[at::inference_weight_count<net> + at::constant_weights_slack];

#ifdef CONTROL
constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{numbers};
#else
constexpr at::constant_weights<at::architecture_hash<other>, at::inference_weight_count<net>> weights{
    numbers};
#endif
static_assert(sizeof(at::embedded<net, weights>) <= 16 * 1024);
