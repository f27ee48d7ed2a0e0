// SPDX-License-Identifier: BSL-1.0
/// @file vgg.hpp
/// VGG: Simonyan, Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014, table 1.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// A convolution of the table, conv<Kernel>-<Filters>, with its relu.
template <name Name, std::size_t Filters, std::size_t Kernel = 3>
using vgg_conv = sequence<named<Name, conv2d<Filters, Kernel, padding<Kernel / 2>>>, relu>;

/// A column of the table: five parts, each followed by a pooling, and three dense layers. {Size, Size, 3} -> {Classes}
/// scores. Names are Keras': "block1/conv1", "block1/pool", "fc1", "fc2", "predictions".
template <std::size_t Classes, std::size_t Size, class Block1, class Block2, class Block3, class Block4,
          class Block5>
using vgg = network<input<Size, Size, 3>,                                             //
                    named<"block1", sequence<Block1, named<"pool", max_pool2d<2>>>>,  //
                    named<"block2", sequence<Block2, named<"pool", max_pool2d<2>>>>,  //
                    named<"block3", sequence<Block3, named<"pool", max_pool2d<2>>>>,  //
                    named<"block4", sequence<Block4, named<"pool", max_pool2d<2>>>>,  //
                    named<"block5", sequence<Block5, named<"pool", max_pool2d<2>>>>,  //
                    flatten,                                                          //
                    named<"fc1", dense<4096>>, relu, dropout<0.5>,                    //
                    named<"fc2", dense<4096>>, relu, dropout<0.5>,                    //
                    named<"predictions", dense<Classes>>>;

/// One, two, three or four 3 x 3 convolutions of `Filters` filters.
template <std::size_t Filters>
using vgg_one = vgg_conv<"conv1", Filters>;
template <std::size_t Filters>
using vgg_two = sequence<vgg_one<Filters>, vgg_conv<"conv2", Filters>>;
template <std::size_t Filters>
using vgg_three = sequence<vgg_two<Filters>, vgg_conv<"conv3", Filters>>;
template <std::size_t Filters>
using vgg_four = sequence<vgg_three<Filters>, vgg_conv<"conv4", Filters>>;
/// Two of 3 x 3 and one of 1 x 1, as column C has it.
template <std::size_t Filters>
using vgg_two_and_linear = sequence<vgg_two<Filters>, vgg_conv<"conv3", Filters, 1>>;

/// 11 layers with weights; 132,863,336 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vgg_a = vgg<Classes, Size, vgg_one<64>, vgg_one<128>, vgg_two<256>, vgg_two<512>, vgg_two<512>>;

/// A with response normalization after the first convolution; 132,863,336 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vgg_a_lrn =
    vgg<Classes, Size, sequence<vgg_one<64>, named<"norm", local_response_norm<5, 5e-4, 0.75, 2.0>>>,
        vgg_one<128>, vgg_two<256>, vgg_two<512>, vgg_two<512>>;

/// 13 layers; 133,047,848 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vgg_b = vgg<Classes, Size, vgg_two<64>, vgg_two<128>, vgg_two<256>, vgg_two<512>, vgg_two<512>>;

/// 16 layers, three of them 1 x 1; 133,638,952 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vgg_c = vgg<Classes, Size, vgg_two<64>, vgg_two<128>, vgg_two_and_linear<256>, vgg_two_and_linear<512>,
                  vgg_two_and_linear<512>>;

/// 16 layers, "VGG-16"; 138,357,544 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vgg_d = vgg<Classes, Size, vgg_two<64>, vgg_two<128>, vgg_three<256>, vgg_three<512>, vgg_three<512>>;
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vgg16 = vgg_d<Classes, Size>;

/// 19 layers, "VGG-19"; 143,667,240 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vgg_e = vgg<Classes, Size, vgg_two<64>, vgg_two<128>, vgg_four<256>, vgg_four<512>, vgg_four<512>>;
template <std::size_t Classes = 1000, std::size_t Size = 224>
using vgg19 = vgg_e<Classes, Size>;

}  // namespace archetype::zoo
