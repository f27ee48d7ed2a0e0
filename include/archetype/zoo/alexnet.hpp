// SPDX-License-Identifier: BSL-1.0
/// @file alexnet.hpp
/// AlexNet: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural networks", 2012.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// AlexNet of 2012 with `Towers` halves that see each other only in conv3 and the dense layers: two as on its two cards,
/// 60,965,224 parameters, or one, 62,378,344. The paper says 224 x 224; its sizes need 227 x 227. Response
/// normalization has the paper's constants (n 5, alpha 1e-4, beta 0.75, k 2). {Size, Size, 3} -> {Classes} scores.
template <std::size_t Towers = 2, std::size_t Classes = 1000, std::size_t Size = 227>
using alexnet = network<input<Size, Size, 3>,                                              //
                        named<"conv1", conv2d<96, 11, stride<4>>>, relu,                   //
                        named<"norm1", local_response_norm<5, 5e-4, 0.75, 2.0>>,           //
                        named<"pool1", max_pool2d<3, stride<2>>>,                          //
                        named<"conv2", conv2d<256, 5, padding<2>, groups<Towers>>>, relu,  //
                        named<"norm2", local_response_norm<5, 5e-4, 0.75, 2.0>>,           //
                        named<"pool2", max_pool2d<3, stride<2>>>,                          //
                        named<"conv3", conv2d<384, 3, padding<1>>>, relu,                  //
                        named<"conv4", conv2d<384, 3, padding<1>, groups<Towers>>>, relu,  //
                        named<"conv5", conv2d<256, 3, padding<1>, groups<Towers>>>, relu,  //
                        named<"pool5", max_pool2d<3, stride<2>>>, flatten,                 //
                        named<"fc6", dense<4096>>, relu, dropout<0.5>,                     //
                        named<"fc7", dense<4096>>, relu, dropout<0.5>,                     //
                        named<"fc8", dense<Classes>>>;

/// AlexNet in one tower.
template <std::size_t Classes = 1000, std::size_t Size = 227>
using single_tower_alexnet = alexnet<1, Classes, Size>;

/// The narrower re-make (Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014), as torchvision
/// has it: 64, 192, 384, 256, 256 filters, no response normalization; 61,100,840 parameters. {Size, Size, 3} -> {Classes}.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using narrow_alexnet = network<input<Size, Size, 3>,                                         //
                               named<"conv1", conv2d<64, 11, stride<4>, padding<2>>>, relu,  //
                               named<"pool1", max_pool2d<3, stride<2>>>,                     //
                               named<"conv2", conv2d<192, 5, padding<2>>>, relu,             //
                               named<"pool2", max_pool2d<3, stride<2>>>,                     //
                               named<"conv3", conv2d<384, 3, padding<1>>>, relu,             //
                               named<"conv4", conv2d<256, 3, padding<1>>>, relu,             //
                               named<"conv5", conv2d<256, 3, padding<1>>>, relu,             //
                               named<"pool5", max_pool2d<3, stride<2>>>, flatten,            //
                               dropout<0.5>, named<"fc6", dense<4096>>, relu,                //
                               dropout<0.5>, named<"fc7", dense<4096>>, relu,                //
                               named<"fc8", dense<Classes>>>;

}  // namespace archetype::zoo
