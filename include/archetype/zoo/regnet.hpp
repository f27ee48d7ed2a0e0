// SPDX-License-Identifier: BSL-1.0
/// @file regnet.hpp
/// RegNet: Radosavovic, Kosaraju, Girshick, He, Dollar, "Designing network design spaces", 2020, tables of its appendix.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// A RegNetY: widths w and depths d of its four stages and the width g of groups. {Size, Size, 3} -> {Classes} scores.
/// Names are torchvision's: "trunk_output/block2/block2-0/f/se/fc1".
template <std::size_t W1, std::size_t W2, std::size_t W3, std::size_t W4, std::size_t D1, std::size_t D2,
          std::size_t D3, std::size_t D4, std::size_t G, std::size_t Classes, std::size_t Size>
struct regnet_y_definition {
    /// 1 x 1, 3 x 3 in groups, squeeze and excitation by a quarter of the channels that come in, 1 x 1.
    template <std::size_t In, std::size_t Out, std::size_t Stride>
    using transform =
        named<"f",
              sequence<named<"a", conv_norm<Out, 1, torch_norm<>, relu>>,
                       named<"b", conv_norm<Out, 3, torch_norm<>, relu, stride<Stride>, groups<Out / G>>>,
                       named<"se", squeeze_excitation<Out, In / 4, relu, sigmoid>>,
                       named<"c", conv_norm<Out, 1, torch_norm<>>>>>;
    template <std::size_t In, std::size_t Out>
    using first = sequence<
        branches<add, named<"proj", torch_sequence<conv2d<Out, 1, stride<2>, no_bias>, torch_norm<>>>,
                 transform<In, Out, 2>>,
        relu>;
    /// A stage: its blocks "block1-0", "block1-1", ... for `Name` "block1-".
    template <name Name, std::size_t In, std::size_t Width, std::size_t Depth>
    using stage =
        sequence<numbered<Name, 1, first<In, Width>, 0>,
                 numbered<Name, Depth - 1, sequence<residual<transform<Width, Width, 1>>, relu>, 1>>;
    using type = network<input<Size, Size, 3>,                                            //
                         named<"stem", conv_norm<32, 3, torch_norm<>, relu, stride<2>>>,  //
                         named<"trunk_output", sequence<named<"block1", stage<"block1-", 32, W1, D1>>,
                                                        named<"block2", stage<"block2-", W1, W2, D2>>,
                                                        named<"block3", stage<"block3-", W2, W3, D3>>,
                                                        named<"block4", stage<"block4-", W3, W4, D4>>>>,
                         named<"avgpool", global_avg_pool2d>,  //
                         named<"fc", dense<Classes>>>;
};

/// RegNetY-400MF: 4,344,144 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using regnet_y_400mf = typename regnet_y_definition<48, 104, 208, 440, 1, 3, 6, 6, 8, Classes, Size>::type;

}  // namespace archetype::zoo
