// SPDX-License-Identifier: BSL-1.0
/// @file inception_v3.hpp
/// Inception-v3: Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, "Rethinking the Inception architecture for computer vision", 2016,
/// in the form of the network that was published with weights (TensorFlow's, which torchvision has too).
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

template <name Name, std::size_t Filters, auto Kernel, class... Options>
using inception_conv = conv_bn_relu<Name, Filters, Kernel, torch_norm<1e-3>, Options...>;
/// 1 x N and N x 1: the factors of an N x N convolution (figure 6).
template <name Name, std::size_t Filters, std::size_t N>
using inception_row = inception_conv<Name, Filters, extent{1, N}, padding<0, N / 2>>;
template <name Name, std::size_t Filters, std::size_t N>
using inception_column = inception_conv<Name, Filters, extent{N, 1}, padding<N / 2, 0>>;
template <std::size_t Filters>
using pooled_branch =
    named<"branch_pool", sequence<avg_pool2d<3, stride<1>, padding<1>>, inception_conv<"conv1", Filters, 1>>>;
/// Both factors side by side (figure 7).
template <std::size_t Filters>
using inception_fork =
    branches<concatenate, inception_row<"conv_row", Filters, 3>, inception_column<"conv_column", Filters, 3>>;

/// 35 x 35: figure 5, but for a 5 x 5 kernel.
template <name Name, std::size_t Pool>
using inception_v3_a =
    named<Name, branches<concatenate,                                                                  //
                         named<"branch1x1", inception_conv<"conv1", 64, 1>>,                           //
                         named<"branch5x5", sequence<inception_conv<"conv1", 48, 1>,                   //
                                                     inception_conv<"conv2", 64, 5, padding<2>>>>,     //
                         named<"branch3x3dbl", sequence<inception_conv<"conv1", 64, 1>,                //
                                                        inception_conv<"conv2", 96, 3, padding<1>>,    //
                                                        inception_conv<"conv3", 96, 3, padding<1>>>>,  //
                         pooled_branch<Pool>>>;

/// 35 x 35 to 17 x 17: figure 10.
template <name Name>
using inception_v3_b =
    named<Name, branches<concatenate,                                                                 //
                         named<"branch3x3", inception_conv<"conv1", 384, 3, stride<2>>>,              //
                         named<"branch3x3dbl", sequence<inception_conv<"conv1", 64, 1>,               //
                                                        inception_conv<"conv2", 96, 3, padding<1>>,   //
                                                        inception_conv<"conv3", 96, 3, stride<2>>>>,  //
                         named<"branch_pool", max_pool2d<3, stride<2>>>>>;

/// 17 x 17: figure 6, with `Filters` filters inside.
template <name Name, std::size_t Filters>
using inception_v3_c =
    named<Name, branches<concatenate,                                                           //
                         named<"branch1x1", inception_conv<"conv1", 192, 1>>,                   //
                         named<"branch7x7", sequence<inception_conv<"conv1", Filters, 1>,       //
                                                     inception_row<"conv2", Filters, 7>,        //
                                                     inception_column<"conv3", 192, 7>>>,       //
                         named<"branch7x7dbl", sequence<inception_conv<"conv1", Filters, 1>,    //
                                                        inception_column<"conv2", Filters, 7>,  //
                                                        inception_row<"conv3", Filters, 7>,     //
                                                        inception_column<"conv4", Filters, 7>,  //
                                                        inception_row<"conv5", 192, 7>>>,       //
                         pooled_branch<192>>>;

/// 17 x 17 to 8 x 8.
template <name Name>
using inception_v3_d =
    named<Name, branches<concatenate,                                                                 //
                         named<"branch3x3", sequence<inception_conv<"conv1", 192, 1>,                 //
                                                     inception_conv<"conv2", 320, 3, stride<2>>>>,    //
                         named<"branch7x7x3", sequence<inception_conv<"conv1", 192, 1>,               //
                                                       inception_row<"conv2", 192, 7>,                //
                                                       inception_column<"conv3", 192, 7>,             //
                                                       inception_conv<"conv4", 192, 3, stride<2>>>>,  //
                         named<"branch_pool", max_pool2d<3, stride<2>>>>>;

/// 8 x 8: figure 7.
template <name Name>
using inception_v3_e =
    named<Name,
          branches<concatenate,                                                                         //
                   named<"branch1x1", inception_conv<"conv1", 320, 1>>,                                 //
                   named<"branch3x3", sequence<inception_conv<"conv1", 384, 1>, inception_fork<384>>>,  //
                   named<"branch3x3dbl", sequence<inception_conv<"conv1", 448, 1>,                      //
                                                  inception_conv<"conv2", 384, 3, padding<1>>,          //
                                                  inception_fork<384>>>,                                //
                   pooled_branch<192>>>;

/// The side classifier on the last 17 x 17 image.
template <std::size_t Classes>
using inception_v3_side =
    side_output<"side", avg_pool2d<5, stride<3>>, inception_conv<"conv1", 128, 1>,
                inception_conv<"conv2", 768, 5>, global_avg_pool2d, named<"fc", dense<Classes>>>;

/// Inception-v3 with `Side` after module 6e. {Size, Size, 3} -> {Classes} scores. Modules have TensorFlow's names.
template <std::size_t Classes, std::size_t Size, class Side>
using inception_v3_of =
    network<input<Size, Size, 3>,                                                                      //
            inception_conv<"conv2d_1a", 32, 3, stride<2>>, inception_conv<"conv2d_2a", 32, 3>,         //
            inception_conv<"conv2d_2b", 64, 3, padding<1>>, named<"pool1", max_pool2d<3, stride<2>>>,  //
            inception_conv<"conv2d_3b", 80, 1>, inception_conv<"conv2d_4a", 192, 3>,                   //
            named<"pool2", max_pool2d<3, stride<2>>>,                                                  //
            inception_v3_a<"mixed_5b", 32>, inception_v3_a<"mixed_5c", 64>,
            inception_v3_a<"mixed_5d", 64>,                                          //
            inception_v3_b<"mixed_6a">,                                              //
            inception_v3_c<"mixed_6b", 128>, inception_v3_c<"mixed_6c", 160>,        //
            inception_v3_c<"mixed_6d", 160>, inception_v3_c<"mixed_6e", 192>, Side,  //
            inception_v3_d<"mixed_7a">,                                              //
            inception_v3_e<"mixed_7b">, inception_v3_e<"mixed_7c">,                  //
            named<"pool", global_avg_pool2d>, dropout<0.5>,                          //
            named<"fc", dense<Classes>>>;

/// Without the side classifier; 23,834,568 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 299>
using inception_v3 = inception_v3_of<Classes, Size, identity>;
/// With it, as the output "side"; 27,161,264 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 299>
using inception_v3_with_side_classifier = inception_v3_of<Classes, Size, inception_v3_side<Classes>>;

}  // namespace archetype::zoo
