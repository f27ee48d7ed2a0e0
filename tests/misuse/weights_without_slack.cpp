// SPDX-License-Identifier: BSL-1.0
// An array of exactly as many weights as the network has: kernels read past its end.
// expect: followed by 64 more elements, which kernels may read
#include <archetype/inference.hpp>

namespace at = archetype;

using net = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::same>, at::relu, at::max_pool2d<2>,
                        at::flatten, at::dense<10>, at::softmax>;

#ifdef CONTROL
inline constexpr float numbers[at::inference_weight_count<net> + at::constant_weights_slack] = {};
#else
inline constexpr float numbers[at::inference_weight_count<net>] = {};
#endif
constexpr at::constant_weights<at::architecture_hash<net>, at::inference_weight_count<net>> weights{numbers};
static_assert(sizeof(at::embedded<net, weights>) <= 16 * 1024);
