// SPDX-License-Identifier: BSL-1.0
/// @file networks.hpp
/// The networks that this firmware runs in 8 bits, one at a time: -DNETWORK=digits, key_words, or anomalies.
#pragma once
#include <archetype/architecture.hpp>

namespace at = archetype;

/// LeNet-5 in today's form: digits of 28 x 28.
using digits = at::network<at::input<28, 28, 1>,                                           //
                           at::conv2d<6, 5, at::padding<2>>, at::relu, at::max_pool2d<2>,  //
                           at::conv2d<16, 5>, at::relu, at::max_pool2d<2>,                 //
                           at::flatten,                                                    //
                           at::dense<120>, at::relu,                                       //
                           at::dense<84>, at::relu,                                        //
                           at::dense<10>>;

/// Depthwise separable convolution, as Keras' `SeparableConv2D`, with batch norm: 64 channels.
using separable = at::sequence<at::conv2d<64, 3, at::groups<64>, at::same, at::no_bias>, at::batch_norm<>,
                               at::relu, at::conv2d<64, 1, at::no_bias>, at::batch_norm<>, at::relu>;
/// Keyword spotting, the DS-CNN of MLPerf Tiny: 49 frames of 10 cepstral coefficients, 12 classes.
using key_words =
    at::network<at::input<49, 10, 1>, at::conv2d<64, at::extent{10, 4}, at::stride<2>, at::same, at::no_bias>,
                at::batch_norm<>, at::relu, at::repeat<4, separable>, at::global_avg_pool2d, at::dense<12>,
                at::softmax>;

/// Anomalies in machines' noise, the autoencoder of MLPerf Tiny: 640-128-8-128-640.
template <std::size_t Units>
using rectified = at::sequence<at::dense<Units>, at::batch_norm<>, at::relu>;
using anomalies = at::network<at::input<640>, at::repeat<4, rectified<128>>, rectified<8>,
                              at::repeat<4, rectified<128>>, at::dense<640>>;
