// SPDX-License-Identifier: BSL-1.0
/// @file shufflenet_v2.hpp
/// ShuffleNet v2: Ma, Zhang, Zheng, Sun, "ShuffleNet V2: practical guidelines for efficient CNN architecture design", 2018,
/// table 5.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// ShuffleNet v2 with so many channels in stages 2 to 4 and in conv5. {Size, Size, 3} -> {Classes} scores. Names are
/// torchvision's: "stage2/1/branch2/3" is stage2.1.branch2.3.
template <std::size_t Stage2, std::size_t Stage3, std::size_t Stage4, std::size_t Conv5, std::size_t Classes,
          std::size_t Size>
struct shufflenet_v2_definition {
    template <std::size_t Stride>
    using depthwise = depthwise_conv2d<3, stride<Stride>, padding<1>, no_bias>;
    template <std::size_t Filters, std::size_t Stride>
    using branch2 = named<"branch2", torch_sequence<conv2d<Filters, 1, no_bias>, torch_norm<>, relu,  //
                                                    depthwise<Stride>, torch_norm<>,                  //
                                                    conv2d<Filters, 1, no_bias>, torch_norm<>, relu>>;
    /// A unit of `Filters` channels (figure 3 c): half of them go through, halves are shuffled.
    template <std::size_t Filters>
    using unit = sequence<split<-1, concatenate, named<"branch1", identity>, branch2<Filters / 2, 1>>,
                          channel_shuffle<2>>;
    /// The first of a stage (figure 3 d): both branches see all channels and halve the size.
    template <std::size_t Filters>
    using first = sequence<
        branches<concatenate,
                 named<"branch1", torch_sequence<depthwise<2>, torch_norm<>, conv2d<Filters / 2, 1, no_bias>,
                                                 torch_norm<>, relu>>,
                 branch2<Filters / 2, 2>>,
        channel_shuffle<2>>;
    template <std::size_t Filters, std::size_t Units>
    using stage = torch_sequence<row<Units, first<Filters>, unit<Filters>>>;
    using type = network<input<Size, Size, 3>,                                             //
                         named<"conv1", conv_norm<24, 3, torch_norm<>, relu, stride<2>>>,  //
                         named<"maxpool", max_pool2d<3, stride<2>, padding<1>>>,           //
                         named<"stage2", stage<Stage2, 4>>,                                //
                         named<"stage3", stage<Stage3, 8>>,                                //
                         named<"stage4", stage<Stage4, 4>>,                                //
                         named<"conv5", conv_norm<Conv5, 1, torch_norm<>, relu>>,          //
                         named<"avgpool", global_avg_pool2d>,                              //
                         named<"fc", dense<Classes>>>;
};

/// 1,366,792 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using shufflenet_v2_x0_5 = typename shufflenet_v2_definition<48, 96, 192, 1024, Classes, Size>::type;
/// 2,278,604 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using shufflenet_v2_x1_0 = typename shufflenet_v2_definition<116, 232, 464, 1024, Classes, Size>::type;
/// 3,503,624 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using shufflenet_v2_x1_5 = typename shufflenet_v2_definition<176, 352, 704, 1024, Classes, Size>::type;
/// 7,393,996 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using shufflenet_v2_x2_0 = typename shufflenet_v2_definition<244, 488, 976, 2048, Classes, Size>::type;

}  // namespace archetype::zoo
