// SPDX-License-Identifier: BSL-1.0
/// @file deeplab_v3.hpp
/// DeepLab v3: Chen, Papandreou, Schroff, Adam, "Rethinking atrous convolution for semantic image segmentation", 2017, section 3.3,
/// with the rates for results an eighth as large and the layers that torchvision has.
#pragma once
#include <archetype/zoo/resnet.hpp>

namespace archetype::zoo {

/// A bottleneck whose 3 x 3 convolution is dilated in place of a stride.
template <std::size_t Dilation>
struct dilated_bottleneck {
    static constexpr std::size_t expansion = 4;
    template <std::size_t Width, std::size_t>
    using body = sequence<named<"conv1", conv2d<Width, 1, no_bias>>, named<"bn1", torch_norm<>>, relu,
                          named<"conv2", conv2d<Width, 3, dilation<Dilation>, padding<Dilation>, no_bias>>,
                          named<"bn2", torch_norm<>>, relu,  //
                          named<"conv3", conv2d<expansion * Width, 1, no_bias>>, named<"bn3", torch_norm<>>>;
};
/// A stage of such blocks, the first with the dilation of the stage before it.
template <name Name, std::size_t Width, std::size_t Blocks, std::size_t Before, std::size_t Dilation>
using dilated_stage = named<
    Name,
    sequence<
        named<"block1", residual_block<dilated_bottleneck<Before>, Width, 1, projection<4 * Width, 1>>>,
        numbered<"block", Blocks - 1, residual_block<dilated_bottleneck<Dilation>, Width, 1, identity>, 2>>>;

template <class Convolution>
using atrous_branch = torch_sequence<Convolution, torch_norm<>, relu>;

/// The pyramid of dilated convolutions and the mean of the image, and the classifier: {Size, Size, C} -> {Size, Size, Classes}.
template <std::size_t Classes, std::size_t Size, std::size_t Filters = 256, std::size_t Rate = 12>
using deeplab_head = torch_sequence<
    sequence<
        branches<concatenate, named<"convs/0", atrous_branch<conv2d<Filters, 1, no_bias>>>,
                 named<"convs/1", atrous_branch<conv2d<Filters, 3, padding<Rate>, dilation<Rate>, no_bias>>>,
                 named<"convs/2",
                       atrous_branch<conv2d<Filters, 3, padding<2 * Rate>, dilation<2 * Rate>, no_bias>>>,
                 named<"convs/3",
                       atrous_branch<conv2d<Filters, 3, padding<3 * Rate>, dilation<3 * Rate>, no_bias>>>,
                 named<"convs/4", torch_sequence<adaptive_avg_pool2d<1>, conv2d<Filters, 1, no_bias>,
                                                 torch_norm<>, relu, resize2d<Size>>>>,
        named<"project", torch_sequence<conv2d<Filters, 1, no_bias>, torch_norm<>, relu, dropout<0.5>>>>,
    conv2d<Filters, 3, padding<1>, no_bias>, torch_norm<>, relu, conv2d<Classes, 1>>;

/// With ResNet-50: {Size, Size, 3} -> {Size, Size, Classes} scores for each pixel, Size a multiple of 8. 39,638,869 parameters with
/// 21 classes.
template <std::size_t Classes = 21, std::size_t Size = 512>
using deeplab_v3_resnet50 =
    network<input<Size, Size, 3>,
            named<"stem", sequence<named<"conv1", conv2d<64, 7, stride<2>, padding<3>, no_bias>>,
                                   named<"bn1", torch_norm<>>, relu,
                                   named<"pool", max_pool2d<3, stride<2>, padding<1>>>>>,
            residual_stage<"stage1", bottleneck, 64, 1, 3, projection<256, 1>>,
            residual_stage<"stage2", bottleneck, 128, 2, 4>,  //
            dilated_stage<"stage3", 256, 6, 1, 2>, dilated_stage<"stage4", 512, 3, 2, 4>,
            named<"classifier", deeplab_head<Classes, Size / 8>>, resize2d<Size, bilinear>>;

}  // namespace archetype::zoo
