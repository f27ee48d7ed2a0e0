// SPDX-License-Identifier: BSL-1.0
/// @file mobilenet_v2.hpp
/// MobileNet v2: Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: inverted residuals and linear bottlenecks", 2018, table 2.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// MobileNet v2 of any width: `Width` (the paper's 1, 0.75, 0.5, 0.35, 1.4) multiplies all numbers of filters. With 1:
/// 3,504,872 parameters. {Size, Size, 3} -> {Classes} scores. Names are torchvision's: "features/4/conv/1/0" is
/// features.4.conv.1.0.
template <auto Width = 1.0, std::size_t Classes = 1000, std::size_t Size = 224>
requires std::convertible_to<decltype(Width), double>
struct mobilenet_v2_definition {
    static constexpr std::size_t scaled(std::size_t filters) {
        return scaled_filters(filters, static_cast<double>(Width));
    }
    static constexpr std::size_t last = Width < 1 ? 1280 : scaled(1280);  ///< features are not made fewer
    /// An inverted residual (table 1): `Expand` times the channels, depthwise 3 x 3, `Out` filters without activation.
    template <std::size_t In, std::size_t Expand, std::size_t Out, std::size_t Stride>
    using block = residual_if<
        Stride == 1 && In == Out,
        named<"conv", torch_sequence<part_if<Expand != 1, conv_norm<Expand * In, 1, torch_norm<>, relu6>>,
                                     depthwise_norm<3, Stride, torch_norm<>, relu6>,  //
                                     conv2d<Out, 1, no_bias>, torch_norm<>>>>;
    /// A row of table 2: channels that come in, t, c, n, s.
    template <std::size_t In, std::size_t Expand, std::size_t Out, std::size_t Blocks, std::size_t Stride>
    using blocks = row<Blocks, block<scaled(In), Expand, scaled(Out), Stride>,
                       block<scaled(Out), Expand, scaled(Out), 1>>;
    using type =
        network<input<Size, Size, 3>,
                named<"features", torch_sequence<conv_norm<scaled(32), 3, torch_norm<>, relu6, stride<2>>,  //
                                                 blocks<32, 1, 16, 1, 1>,                                   //
                                                 blocks<16, 6, 24, 2, 2>,                                   //
                                                 blocks<24, 6, 32, 3, 2>,                                   //
                                                 blocks<32, 6, 64, 4, 2>,                                   //
                                                 blocks<64, 6, 96, 3, 1>,                                   //
                                                 blocks<96, 6, 160, 3, 2>,                                  //
                                                 blocks<160, 6, 320, 1, 1>,                                 //
                                                 conv_norm<last, 1, torch_norm<>, relu6>>>,
                named<"avgpool", global_avg_pool2d>,
                named<"classifier", torch_sequence<dropout<0.2>, dense<Classes>>>>;
};
template <auto Width = 1.0, std::size_t Classes = 1000, std::size_t Size = 224>
using mobilenet_v2 = typename mobilenet_v2_definition<Width, Classes, Size>::type;

}  // namespace archetype::zoo
