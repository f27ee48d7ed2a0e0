// SPDX-License-Identifier: BSL-1.0
/// @file narrow_networks.hpp
/// Networks that devices run with 8-bit weights and real, or 16-bit, activations.
#pragma once
#include <archetype/architecture.hpp>

namespace at = archetype;

/// LeNet-5 for digits of 28 x 28.
using digits = at::network<at::input<28, 28, 1>, at::conv2d<6, 5, at::padding<2>>, at::relu,
                           at::max_pool2d<2>, at::conv2d<16, 5>, at::relu, at::max_pool2d<2>, at::flatten,
                           at::dense<120>, at::relu, at::dense<84>, at::relu, at::dense<10>>;
/// Every kind of step that has 8-bit weights.
using mixed = at::network<at::input<24, 3>, at::conv1d<6, 3, at::causal>, at::tanh, at::depthwise_conv1d<3>,
                          at::gru<9, at::return_sequences>, at::lstm<7>, at::dense<4>, at::softmax>;
/// Causal convolutions over time.
using sound = at::network<at::input<64, 2>, at::conv1d<8, 3, at::causal>, at::tanh,
                          at::conv1d<8, 3, at::causal, at::dilation<2>>, at::sigmoid, at::avg_pool1d<2>,
                          at::conv1d<3, 1>>;
