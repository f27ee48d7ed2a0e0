// SPDX-License-Identifier: BSL-1.0
/// @file googlenet.hpp
/// GoogLeNet (Inception v1): Szegedy et al., "Going deeper with convolutions", 2015, table 1 and figure 3.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// GoogLeNet's convolutions as published: with biases, response normalization after the pooling of the stem, 5 x 5 kernels.
struct original_googlenet {
    static constexpr std::size_t wide_kernel = 5;
    template <name Name, std::size_t Filters, std::size_t Kernel, class... Options>
    using conv = sequence<named<Name, conv2d<Filters, Kernel, padding<Kernel / 2>, Options...>>, relu>;
    using response_norm = local_response_norm<5>;
};
/// As torchvision has them: batch normalization in place of biases and response normalization, and 3 x 3 for 5 x 5.
struct torchvision_googlenet {
    static constexpr std::size_t wide_kernel = 3;
    template <name Name, std::size_t Filters, std::size_t Kernel, class... Options>
    using conv = conv_bn_relu<Name, Filters, Kernel, torch_norm<1e-3>, padding<Kernel / 2>, Options...>;
    using response_norm = identity;
};

/// An inception module (figure 2b), with the numbers of filters in the order of table 1: 1 x 1; 3 x 3 reduce, 3 x 3; 5 x 5
/// reduce, 5 x 5; pool proj.
template <class Style, name Name, std::size_t One, std::size_t Reduce3, std::size_t Three,
          std::size_t Reduce5, std::size_t Five, std::size_t Pool>
using inception_v1 = named<
    Name,
    branches<concatenate,  //
             named<"branch1x1", typename Style::template conv<"conv", One, 1>>,
             named<"branch3x3", sequence<typename Style::template conv<"reduce", Reduce3, 1>,
                                         typename Style::template conv<"conv", Three, 3>>>,
             named<"branch5x5", sequence<typename Style::template conv<"reduce", Reduce5, 1>,
                                         typename Style::template conv<"conv", Five, Style::wide_kernel>>>,
             named<"branch_pool", sequence<max_pool2d<3, stride<1>, padding<1>>,
                                           typename Style::template conv<"conv", Pool, 1>>>>>;

/// A side classifier (section 5), an output of its own: its loss, with a weight of 0.3, is added in training.
template <class Style, name Name, std::size_t Classes>
using side_classifier =
    side_output<Name, avg_pool2d<5, stride<3>>, typename Style::template conv<"conv", 128, 1>, flatten,
                named<"fc1", dense<1024>>, relu, dropout<0.7>, named<"fc2", dense<Classes>>>;

/// GoogLeNet with whatever stands after modules 4a and 4d. {Size, Size, 3} -> {Classes} scores.
template <class Style, std::size_t Classes, std::size_t Size, class After4a, class After4d>
using googlenet_of =
    network<input<Size, Size, 3>,                                                               //
            typename Style::template conv<"conv1", 64, 7, stride<2>>,                           //
            named<"pool1", max_pool2d<3, stride<2>, ceil_mode>>,                                //
            typename Style::response_norm,                                                      //
            typename Style::template conv<"conv2_reduce", 64, 1>,                               //
            typename Style::template conv<"conv2", 192, 3>,                                     //
            typename Style::response_norm,                                                      //
            named<"pool2", max_pool2d<3, stride<2>, ceil_mode>>,                                //
            inception_v1<Style, "inception_3a", 64, 96, 128, 16, 32, 32>,                       //
            inception_v1<Style, "inception_3b", 128, 128, 192, 32, 96, 64>,                     //
            named<"pool3", max_pool2d<3, stride<2>, ceil_mode>>,                                //
            inception_v1<Style, "inception_4a", 192, 96, 208, 16, 48, 64>, After4a,             //
            inception_v1<Style, "inception_4b", 160, 112, 224, 24, 64, 64>,                     //
            inception_v1<Style, "inception_4c", 128, 128, 256, 24, 64, 64>,                     //
            inception_v1<Style, "inception_4d", 112, 144, 288, 32, 64, 64>, After4d,            //
            inception_v1<Style, "inception_4e", 256, 160, 320, 32, 128, 128>,                   //
            named<"pool4", max_pool2d<Style::wide_kernel == 3 ? 2 : 3, stride<2>, ceil_mode>>,  //
            inception_v1<Style, "inception_5a", 256, 160, 320, 32, 128, 128>,                   //
            inception_v1<Style, "inception_5b", 384, 192, 384, 48, 128, 128>,                   //
            named<"pool5", global_avg_pool2d>,                                                  //
            dropout<0.4>, named<"fc", dense<Classes>>>;

/// GoogLeNet without side classifiers; 6,998,552 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224, class Style = original_googlenet>
using googlenet = googlenet_of<Style, Classes, Size, identity, identity>;

/// GoogLeNet with both side classifiers, "side1" and "side2"; 13,378,280 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224, class Style = original_googlenet>
using googlenet_with_side_classifiers =
    googlenet_of<Style, Classes, Size, side_classifier<Style, "side1", Classes>,
                 side_classifier<Style, "side2", Classes>>;

}  // namespace archetype::zoo
