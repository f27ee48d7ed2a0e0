// SPDX-License-Identifier: BSL-1.0
/// @file mobilenet.hpp
/// MobileNet v1: Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications", 2017,
/// table 1.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// A depthwise 3 x 3 convolution and a 1 x 1 convolution, each with batch_norm (Keras' default constants) and `Activation`.
template <std::size_t Filters, std::size_t Stride, class Activation>
using depthwise_separable =
    sequence<named<"depthwise", depthwise_conv2d<3, stride<Stride>, same, no_bias>>,  //
             named<"depthwise_bn", batch_norm<>>, Activation,                         //
             named<"pointwise", conv2d<Filters, 1, no_bias>>,                         //
             named<"pointwise_bn", batch_norm<>>, Activation>;

/// MobileNet of any width: `Width` (alpha, the paper's 1, 0.75, 0.5, 0.25) multiplies all numbers of filters, `Resolution`
/// is the side of the image (the paper's 224, 192, 160, 128: its rho). With 1 and 224: 4,231,976 parameters, 568,740,352
/// multiply-adds. The paper's activation is relu; networks trained in TensorFlow have one limited to 6.
/// {Resolution, Resolution, 3} -> {Classes} scores. Names: "conv1", "block1/depthwise", ..., "block13/pointwise", "fc".
template <auto Width = 1.0, std::size_t Resolution = 224, std::size_t Classes = 1000, class Activation = relu>
requires std::convertible_to<decltype(Width), double>
struct mobilenet_definition {
    static constexpr std::size_t scaled(std::size_t filters) {
        return static_cast<std::size_t>(static_cast<double>(filters) * static_cast<double>(Width));
    }
    template <std::size_t Filters, std::size_t Stride = 1>
    using block = depthwise_separable<scaled(Filters), Stride, Activation>;
    using type = network<input<Resolution, Resolution, 3>,  //
                         named<"conv1", conv2d<scaled(32), 3, stride<2>, same, no_bias>>,
                         named<"conv1_bn", batch_norm<>>, Activation,                          //
                         named<"block1", block<64>>,                                           //
                         named<"block2", block<128, 2>>, named<"block3", block<128>>,          //
                         named<"block4", block<256, 2>>, named<"block5", block<256>>,          //
                         named<"block6", block<512, 2>>, numbered<"block", 5, block<512>, 7>,  //
                         named<"block12", block<1024, 2>>, named<"block13", block<1024>>,      //
                         named<"pool", global_avg_pool2d>,                                     //
                         named<"fc", dense<Classes>>>;
};
template <auto Width = 1.0, std::size_t Resolution = 224, std::size_t Classes = 1000, class Activation = relu>
using mobilenet = typename mobilenet_definition<Width, Resolution, Classes, Activation>::type;

}  // namespace archetype::zoo
