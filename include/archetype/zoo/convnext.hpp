// SPDX-License-Identifier: BSL-1.0
/// @file convnext.hpp
/// ConvNeXt: Liu, Mao, Wu, Feichtenhofer, Darrell, Xie, "A ConvNet for the 2020s", 2022, table 9.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

using convnext_norm = layer_norm<epsilon<1e-6>>;
/// Where factors of channels start: the paper's 1e-6. (`constant` belongs to models, which the zoo does not know.)
struct convnext_scale {
    template <class Random>
    constexpr double operator()(const parameter&, Random&) const {
        return 1e-6;
    }
};

/// A ConvNeXt: channels C and blocks B of its four stages. {Size, Size, 3} -> {Classes} scores. Names are torchvision's:
/// "features/1/0/block/3" is features.1.0.block.3. Training drops residuals (stochastic depth): block b of B, from 0, with
/// probability Drop b / (B - 1); the paper's 0.1 for ConvNeXt-T.
template <std::size_t C1, std::size_t C2, std::size_t C3, std::size_t C4, std::size_t B1, std::size_t B2,
          std::size_t B3, std::size_t B4, std::size_t Classes, std::size_t Size, double Drop = 0.1>
struct convnext_definition {
    static constexpr double drop_rate(std::size_t blocks_before) {
        constexpr std::size_t blocks = B1 + B2 + B3 + B4;
        return blocks > 1 ? Drop * static_cast<double>(blocks_before) / static_cast<double>(blocks - 1) : 0;
    }
    /// Figure 4: depthwise 7 x 7, a norm, four times the channels and back, and a factor for each channel.
    template <std::size_t Width, std::size_t Before>
    using block = dropped_residual<
        drop_rate(Before),
        sequence<
            named<"block", torch_sequence<depthwise_conv2d<7, padding<3>>, identity, convnext_norm,
                                          dense<4 * Width, last_axis>, gelu, dense<Width, last_axis>>>,
            named<"layer_scale", join_weights<multiply, shape{Width}, kernel_initializer<convnext_scale>>>>>;
    template <std::size_t Width, std::size_t Before, class Indices>
    struct blocks;
    template <std::size_t Width, std::size_t Before, std::size_t... I>
    struct blocks<Width, Before, boost::mp11::index_sequence<I...>> {
        using type = torch_sequence<block<Width, Before + I>...>;
    };
    /// Its channels, its blocks and how many came before.
    template <std::size_t Width, std::size_t Blocks, std::size_t Before>
    using stage = typename blocks<Width, Before, boost::mp11::make_index_sequence<Blocks>>::type;
    /// Half of the size.
    template <std::size_t Width>
    using downsampling = torch_sequence<convnext_norm, conv2d<Width, 2, stride<2>>>;
    using type =
        network<input<Size, Size, 3>,
                named<"features", torch_sequence<torch_sequence<conv2d<C1, 4, stride<4>>, convnext_norm>,
                                                 stage<C1, B1, 0>, downsampling<C2>,        //
                                                 stage<C2, B2, B1>, downsampling<C3>,       //
                                                 stage<C3, B3, B1 + B2>, downsampling<C4>,  //
                                                 stage<C4, B4, B1 + B2 + B3>>>,
                named<"avgpool", global_avg_pool2d>,
                named<"classifier", torch_sequence<convnext_norm, identity, dense<Classes>>>>;
};

/// ConvNeXt-T: 28,589,128 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using convnext_tiny = typename convnext_definition<96, 192, 384, 768, 3, 3, 9, 3, Classes, Size>::type;

}  // namespace archetype::zoo
