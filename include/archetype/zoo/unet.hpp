// SPDX-License-Identifier: BSL-1.0
/// @file unet.hpp
/// U-Net: Ronneberger, Fischer, Brox, "U-Net: convolutional networks for biomedical image segmentation", 2015, figure 1.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// Two unpadded 3 x 3 convolutions with relu.
template <std::size_t Filters>
using double_conv =
    sequence<named<"conv1", conv2d<Filters, 3>>, relu, named<"conv2", conv2d<Filters, 3>>, relu>;

/// A step down: two convolutions, whose result stays for the way up, and a pooling.
template <name Name, name Skip, std::size_t Filters>
using unet_down = named<Name, sequence<double_conv<Filters>, point<Skip>, named<"pool", max_pool2d<2>>>>;

/// A step up: the image doubles, the result of the way down is cropped to its size and put before it, two convolutions.
template <name Name, name Skip, std::size_t Filters, std::size_t Crop>
using unet_up =
    named<Name, sequence<named<"up", conv2d_transpose<Filters, 2, stride<2>>>, point<"up">, from<Skip>,
                         named<"crop", cropping2d<Crop>>, merge<concatenate, "up">, double_conv<Filters>>>;

/// U-Net. {Size, Size, Channels} -> {Size - 184, Size - 184, Classes} scores; 31,030,658 parameters. Size must be 16 n + 124
/// for some n, as the paper says of its input tiles: then all poolings are of even sizes. Names: "down1" to "down4", "bottom",
/// "up4" to "up1", "output".
template <std::size_t Size = 572, std::size_t Channels = 1, std::size_t Classes = 2>
requires(Size % 16 == 572 % 16 && Size > 184) using unet = network<input<Size, Size, Channels>,         //
                                                                   unet_down<"down1", "skip1", 64>,     //
                                                                   unet_down<"down2", "skip2", 128>,    //
                                                                   unet_down<"down3", "skip3", 256>,    //
                                                                   unet_down<"down4", "skip4", 512>,    //
                                                                   named<"bottom", double_conv<1024>>,  //
                                                                   unet_up<"up4", "skip4", 512, 4>,     //
                                                                   unet_up<"up3", "skip3", 256, 16>,    //
                                                                   unet_up<"up2", "skip2", 128, 40>,    //
                                                                   unet_up<"up1", "skip1", 64, 88>,     //
                                                                   named<"output", conv2d<Classes, 1>>>;

}  // namespace archetype::zoo
