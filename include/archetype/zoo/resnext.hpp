// SPDX-License-Identifier: BSL-1.0
/// @file resnext.hpp
/// ResNeXt: Xie, Girshick, Dollar, Tu, He, "Aggregated residual transformations for deep neural networks", 2017, table 1; and
/// wide residual networks: Zagoruyko, Komodakis, "Wide residual networks", 2016, section 3.4.
#pragma once
#include <archetype/zoo/resnet.hpp>

namespace archetype::zoo {

/// ResNet's bottleneck whose 3 x 3 convolution has `Groups` groups of `GroupWidth` filters in the first stage, twice as many
/// in each further one. <1, 64> is `bottleneck`.
template <std::size_t Groups, std::size_t GroupWidth>
struct grouped_bottleneck {
    static constexpr std::size_t expansion = 4;
    template <std::size_t Width>
    static constexpr std::size_t inner = Width* GroupWidth / 64 * Groups;
    template <std::size_t Width, std::size_t Stride>
    using body =
        sequence<named<"conv1", conv2d<inner<Width>, 1, no_bias>>,  //
                 named<"bn1", torch_norm<>>, relu,                  //
                 named<"conv2", conv2d<inner<Width>, 3, stride<Stride>, padding<1>, groups<Groups>, no_bias>>,
                 named<"bn2", torch_norm<>>, relu,                       //
                 named<"conv3", conv2d<expansion * Width, 1, no_bias>>,  //
                 named<"bn3", torch_norm<>>>;
};

/// ResNet of such blocks; `Blocks3` in the third stage.
template <std::size_t Groups, std::size_t GroupWidth, std::size_t Blocks3, std::size_t Classes,
          std::size_t Size>
struct resnext_definition {
    using type = resnet<grouped_bottleneck<Groups, GroupWidth>, 3, 4, Blocks3, 3, Classes, Size>;
};

/// 25,028,904 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using resnext50_32x4d = typename resnext_definition<32, 4, 6, Classes, Size>::type;
/// 88,791,336 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using resnext101_32x8d = typename resnext_definition<32, 8, 23, Classes, Size>::type;
/// 83,455,272 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using resnext101_64x4d = typename resnext_definition<64, 4, 23, Classes, Size>::type;
/// 68,883,240 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using wide_resnet50_2 = typename resnext_definition<1, 128, 6, Classes, Size>::type;
/// 126,886,696 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using wide_resnet101_2 = typename resnext_definition<1, 128, 23, Classes, Size>::type;

}  // namespace archetype::zoo
