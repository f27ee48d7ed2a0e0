// SPDX-License-Identifier: BSL-1.0
/// @file bn_inception.hpp
/// BN-Inception: Ioffe, Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
/// shift", 2015, figure 5.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// A convolution of BN-Inception. Layers: "conv", "bn", relu.
template <name Name, std::size_t Filters, std::size_t Kernel, std::size_t Stride = 1>
using bn_inception_conv =
    conv_bn_relu<Name, Filters, Kernel, torch_norm<>, stride<Stride>, padding<Kernel / 2>>;

/// Two 3 x 3 convolutions in place of GoogLeNet's 5 x 5.
template <std::size_t Reduce, std::size_t Filters, std::size_t Stride>
using double_branch = named<"branch_double3x3", sequence<bn_inception_conv<"reduce", Reduce, 1>,  //
                                                         bn_inception_conv<"conv1", Filters, 3>,  //
                                                         bn_inception_conv<"conv2", Filters, 3, Stride>>>;
template <std::size_t Reduce, std::size_t Filters, std::size_t Stride>
using single_branch =
    named<"branch3x3",
          sequence<bn_inception_conv<"reduce", Reduce, 1>, bn_inception_conv<"conv", Filters, 3, Stride>>>;

/// A module with filters in the order of the figure: 1 x 1; 3 x 3 reduce, 3 x 3; double 3 x 3 reduce, double 3 x 3; and a
/// pooling with its projection.
template <name Name, std::size_t One, std::size_t Reduce3, std::size_t Three, std::size_t ReduceDouble,
          std::size_t Double, std::size_t Pool, class Pooling = avg_pool2d<3, stride<1>, padding<1>>>
using inception_v2 =
    named<Name, branches<concatenate, named<"branch1x1", bn_inception_conv<"conv", One, 1>>,
                         single_branch<Reduce3, Three, 1>, double_branch<ReduceDouble, Double, 1>,
                         named<"branch_pool", sequence<Pooling, bn_inception_conv<"conv", Pool, 1>>>>>;

/// A module that halves the image: no 1 x 1 convolutions, and what is pooled passes through.
template <name Name, std::size_t Reduce3, std::size_t Three, std::size_t ReduceDouble, std::size_t Double>
using inception_v2_reduction =
    named<Name,
          branches<concatenate, single_branch<Reduce3, Three, 2>, double_branch<ReduceDouble, Double, 2>,
                   named<"branch_pool", max_pool2d<3, stride<2>, padding<1>>>>>;

/// BN-Inception. `Pool4` is the number of filters after the poolings of modules 4c and 4d: 96 in the figure, 128 in the Caffe
/// model that was published with weights (608 and 1056 channels where the figure has 576 and 1024).
/// {Size, Size, 3} -> {Classes} scores.
template <std::size_t Classes = 1000, std::size_t Size = 224, std::size_t Pool4 = 96>
using bn_inception = network<
    input<Size, Size, 3>,                                                                              //
    bn_inception_conv<"conv1", 64, 7, 2>, named<"pool1", max_pool2d<3, stride<2>, ceil_mode>>,         //
    bn_inception_conv<"conv2_reduce", 64, 1>, bn_inception_conv<"conv2", 192, 3>,                      //
    named<"pool2", max_pool2d<3, stride<2>, ceil_mode>>,                                               //
    inception_v2<"inception_3a", 64, 64, 64, 64, 96, 32>,                                              //
    inception_v2<"inception_3b", 64, 64, 96, 64, 96, 64>,                                              //
    inception_v2_reduction<"inception_3c", 128, 160, 64, 96>,                                          //
    inception_v2<"inception_4a", 224, 64, 96, 96, 128, 128>,                                           //
    inception_v2<"inception_4b", 192, 96, 128, 96, 128, 128>,                                          //
    inception_v2<"inception_4c", 160, 128, 160, 128, 160, Pool4>,                                      //
    inception_v2<"inception_4d", 96, 128, 192, 160, 192, Pool4>,                                       //
    inception_v2_reduction<"inception_4e", 128, 192, 192, 256>,                                        //
    inception_v2<"inception_5a", 352, 192, 320, 160, 224, 128>,                                        //
    inception_v2<"inception_5b", 352, 192, 320, 192, 224, 128, max_pool2d<3, stride<1>, padding<1>>>,  //
    named<"pool", global_avg_pool2d>,                                                                  //
    named<"fc", dense<Classes>>>;

}  // namespace archetype::zoo
