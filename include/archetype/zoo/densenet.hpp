// SPDX-License-Identifier: BSL-1.0
/// @file densenet.hpp
/// Densely connected networks: Huang, Liu, van der Maaten, Weinberger, "Densely connected convolutional networks", 2017,
/// table 1 (DenseNet-BC).
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// What comes in, and `Growth` further channels made of all of it by way of 4 `Growth` (the paper's bottleneck).
template <std::size_t Growth>
using dense_layer = branches<concatenate, identity,
                             sequence<named<"norm1", torch_norm<>>, relu,              //
                                      named<"conv1", conv2d<4 * Growth, 1, no_bias>>,  //
                                      named<"norm2", torch_norm<>>, relu,              //
                                      named<"conv2", conv2d<Growth, 3, padding<1>, no_bias>>>>;

/// Half of the channels and half of the size.
template <std::size_t Filters>
using dense_transition = sequence<named<"norm", torch_norm<>>, relu,
                                  named<"conv", conv2d<Filters, 1, no_bias>>, named<"pool", avg_pool2d<2>>>;

/// DenseNet-BC with four blocks of so many layers; compression 1/2. {Size, Size, 3} -> {Classes} scores. Names are
/// torchvision's: "conv0", "denseblock1/denselayer2/branch/conv1", "transition1/conv", "norm5", "classifier".
template <std::size_t Growth, std::size_t Layers1, std::size_t Layers2, std::size_t Layers3,
          std::size_t Layers4, std::size_t Classes = 1000, std::size_t Size = 224>
struct densenet_definition {
    static constexpr std::size_t half1 = (2 * Growth + Growth * Layers1) / 2,
                                 half2 = (half1 + Growth * Layers2) / 2,
                                 half3 = (half2 + Growth * Layers3) / 2;
    template <name Name, std::size_t Layers>
    using block = named<Name, numbered<"denselayer", Layers, dense_layer<Growth>>>;
    using type = network<input<Size, Size, 3>,                                                          //
                         named<"conv0", conv2d<2 * Growth, 7, stride<2>, padding<3>, no_bias>>,         //
                         named<"norm0", torch_norm<>>, relu,                                            //
                         named<"pool0", max_pool2d<3, stride<2>, padding<1>>>,                          //
                         block<"denseblock1", Layers1>, named<"transition1", dense_transition<half1>>,  //
                         block<"denseblock2", Layers2>, named<"transition2", dense_transition<half2>>,  //
                         block<"denseblock3", Layers3>, named<"transition3", dense_transition<half3>>,  //
                         block<"denseblock4", Layers4>, named<"norm5", torch_norm<>>, relu,             //
                         named<"pool", global_avg_pool2d>,                                              //
                         named<"classifier", dense<Classes>>>;
};

/// DenseNet-121: 7,978,856 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using densenet121 = typename densenet_definition<32, 6, 12, 24, 16, Classes, Size>::type;
/// DenseNet-169: 14,149,480 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using densenet169 = typename densenet_definition<32, 6, 12, 32, 32, Classes, Size>::type;
/// DenseNet-201: 20,013,928 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using densenet201 = typename densenet_definition<32, 6, 12, 48, 32, Classes, Size>::type;

}  // namespace archetype::zoo
