// SPDX-License-Identifier: BSL-1.0
/// @file mobilenet_v3.hpp
/// MobileNet v3: Howard et al., "Searching for MobileNetV3", 2019, tables 1 and 2.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// Both networks, of any width. {Size, Size, 3} -> {Classes} scores. Names are torchvision's: "features/4/block/2/fc1" is
/// features.4.block.2.fc1.
template <auto Width, std::size_t Classes, std::size_t Size>
requires std::convertible_to<decltype(Width), double>
struct mobilenet_v3_definition {
    static constexpr std::size_t scaled(std::size_t filters) {
        return scaled_filters(filters, static_cast<double>(Width));
    }
    using norm = batch_norm<epsilon<1e-3>, momentum<0.99>, unbiased_variance>;
    template <std::size_t In, std::size_t Kernel, std::size_t Expanded, std::size_t Out, bool Squeezes,
              class Activation, std::size_t Stride>
    using block = residual_if<
        Stride == 1 && In == Out,
        named<"block",
              torch_sequence<part_if<Expanded != In, conv_norm<Expanded, 1, norm, Activation>>,
                             depthwise_norm<Kernel, Stride, norm, Activation>,
                             part_if<Squeezes, squeeze_excitation<Expanded, scaled_filters(Expanded / 4, 1),
                                                                  relu, hard_sigmoid<>>>,
                             conv_norm<Out, 1, norm>>>>;
    /// A row of the tables: channels that come in, kernel, exp size, #out, SE, NL, s.
    template <std::size_t In, std::size_t Kernel, std::size_t Expanded, std::size_t Out, bool Squeezes,
              class Activation, std::size_t Stride>
    using bneck = block<scaled(In), Kernel, scaled(Expanded), scaled(Out), Squeezes, Activation, Stride>;

    /// The last channels of blocks and of features: `Out` and its sixfold, then a hidden layer of `Hidden` units.
    template <std::size_t Out, std::size_t Hidden, class... Blocks>
    using ending_with = network<
        input<Size, Size, 3>,
        named<"features", torch_sequence<conv_norm<scaled(16), 3, norm, hard_swish, stride<2>>, Blocks...,
                                         conv_norm<6 * scaled(Out), 1, norm, hard_swish>>>,
        named<"avgpool", global_avg_pool2d>,
        named<"classifier", torch_sequence<dense<scaled(Hidden)>, hard_swish, dropout<0.2>, dense<Classes>>>>;

    using large =
        ending_with<160, 1280,                                    //
                    bneck<16, 3, 16, 16, false, relu, 1>,         //
                    bneck<16, 3, 64, 24, false, relu, 2>,         //
                    bneck<24, 3, 72, 24, false, relu, 1>,         //
                    bneck<24, 5, 72, 40, true, relu, 2>,          //
                    bneck<40, 5, 120, 40, true, relu, 1>,         //
                    bneck<40, 5, 120, 40, true, relu, 1>,         //
                    bneck<40, 3, 240, 80, false, hard_swish, 2>,  //
                    bneck<80, 3, 200, 80, false, hard_swish, 1>,  //
                    bneck<80, 3, 184, 80, false, hard_swish, 1>,  //
                    bneck<80, 3, 184, 80, false, hard_swish, 1>,  //
                    bneck<80, 3, 480, 112, true, hard_swish, 1>, bneck<112, 3, 672, 112, true, hard_swish, 1>,
                    bneck<112, 5, 672, 160, true, hard_swish, 2>,
                    bneck<160, 5, 960, 160, true, hard_swish, 1>,
                    bneck<160, 5, 960, 160, true, hard_swish, 1>>;

    using small =
        ending_with<96, 1024,                                   //
                    bneck<16, 3, 16, 16, true, relu, 2>,        //
                    bneck<16, 3, 72, 24, false, relu, 2>,       //
                    bneck<24, 3, 88, 24, false, relu, 1>,       //
                    bneck<24, 5, 96, 40, true, hard_swish, 2>,  //
                    bneck<40, 5, 240, 40, true, hard_swish, 1>, bneck<40, 5, 240, 40, true, hard_swish, 1>,
                    bneck<40, 5, 120, 48, true, hard_swish, 1>, bneck<48, 5, 144, 48, true, hard_swish, 1>,
                    bneck<48, 5, 288, 96, true, hard_swish, 2>, bneck<96, 5, 576, 96, true, hard_swish, 1>,
                    bneck<96, 5, 576, 96, true, hard_swish, 1>>;
};

/// MobileNetV3-Large (table 1): 5,483,032 parameters.
/// @tparam Width  multiplies all numbers of filters
template <auto Width = 1.0, std::size_t Classes = 1000, std::size_t Size = 224>
using mobilenet_v3_large = typename mobilenet_v3_definition<Width, Classes, Size>::large;
/// MobileNetV3-Small (table 2): 2,542,856 parameters.
template <auto Width = 1.0, std::size_t Classes = 1000, std::size_t Size = 224>
using mobilenet_v3_small = typename mobilenet_v3_definition<Width, Classes, Size>::small;

}  // namespace archetype::zoo
