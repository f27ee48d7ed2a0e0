// SPDX-License-Identifier: BSL-1.0
// Networks that run as streams in 8 bits on devices.
#pragma once
#include <archetype/architecture.hpp>

namespace at = archetype;

/// A wake word as micro-wake-word has it: 40 features every 10 ms, a result for each third step.
using words = at::network<at::input<48, 40>, at::conv1d<32, 5, at::causal, at::stride<3>>, at::relu,
                          at::depthwise_conv1d<5, at::causal>, at::conv1d<48, 1>, at::relu,
                          at::depthwise_conv1d<9, at::causal>, at::conv1d<48, 1>, at::relu,
                          at::dense<1, at::last_axis>, at::sigmoid>;
/// Readings of a sensor: dilation, a join, a pooling, all recurrent layers.
using motion =
    at::network<at::input<36, 3>, at::conv1d<8, 3, at::causal, at::dilation<2>>, at::tanh,
                at::residual<at::conv1d<8, 3, at::causal>>, at::relu, at::gru<6, at::return_sequences>,
                at::lstm<5, at::return_sequences, at::int8_states>, at::max_pool1d<2>,
                at::lstm<5, at::return_sequences>, at::dense<3, at::last_axis>, at::softmax>;
/// Frames of a spectrum, and branches that wait.
using spectrum =
    at::network<at::input<24, 10, 2>, at::conv2d<6, 3, at::padding<2, 0, 1, 1>, at::stride<1, 2>>, at::relu,
                at::branches<at::concatenate, at::conv2d<4, at::extent{3, 1}, at::padding<2, 0, 0, 0>>,
                             at::depthwise_conv2d<3, at::padding<2, 0, 1, 1>>>,
                at::conv2d<7, at::extent{2, 3}>>;
/// Poolings behind depthwise convolutions of frames, and normalization of each row.
using pooled = at::network<at::input<24, 6, 3>, at::depthwise_conv2d<3, at::padding<2, 0, 1, 1>>,
                           at::max_pool2d<2>, at::depthwise_conv2d<3, at::padding<2, 0, 1, 1>>,
                           at::avg_pool2d<at::extent{1, 3}>, at::reshape<12, 3>, at::layer_norm<>>;
