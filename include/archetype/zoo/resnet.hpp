// SPDX-License-Identifier: BSL-1.0
/// @file resnet.hpp
/// Residual networks: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2015, table 1.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// Two 3 x 3 convolutions of `Width` filters (the paper's figure 5, left).
struct basic_block {
    static constexpr std::size_t expansion = 1;
    template <std::size_t Width, std::size_t Stride>
    using body = sequence<named<"conv1", conv2d<Width, 3, stride<Stride>, padding<1>, no_bias>>,  //
                          named<"bn1", torch_norm<>>, relu,                                       //
                          named<"conv2", conv2d<Width, 3, padding<1>, no_bias>>,                  //
                          named<"bn2", torch_norm<>>>;
};

/// 1 x 1, 3 x 3 and 1 x 1 convolutions, the last four times as wide (figure 5, right). The 3 x 3 convolution has the stride,
/// as in torchvision and all networks trained since; in the paper the first one has.
struct bottleneck {
    static constexpr std::size_t expansion = 4;
    template <std::size_t Width, std::size_t Stride, std::size_t First = 1>
    using body = sequence<named<"conv1", conv2d<Width, 1, stride<First>, no_bias>>,               //
                          named<"bn1", torch_norm<>>, relu,                                       //
                          named<"conv2", conv2d<Width, 3, stride<Stride>, padding<1>, no_bias>>,  //
                          named<"bn2", torch_norm<>>, relu,                                       //
                          named<"conv3", conv2d<expansion * Width, 1, no_bias>>,                  //
                          named<"bn3", torch_norm<>>>;
};

/// The bottleneck with its stride where the paper has it: fewer multiply-adds, the same parameters.
struct bottleneck_2015 {
    static constexpr std::size_t expansion = bottleneck::expansion;
    template <std::size_t Width, std::size_t Stride>
    using body = bottleneck::body<Width, 1, Stride>;
};

/// A block whose sum is with what comes in, or with its projection (option B of the paper): names "conv1", "bn1", ...,
/// "shortcut/conv", "shortcut/bn".
template <class Block, std::size_t Width, std::size_t Stride, class Shortcut>
using residual_block = sequence<residual<typename Block::template body<Width, Stride>, Shortcut>, relu>;

template <std::size_t Filters, std::size_t Stride>
using projection =
    sequence<named<"conv", conv2d<Filters, 1, stride<Stride>, no_bias>>, named<"bn", torch_norm<>>>;

/// `Blocks` blocks, "block1" with a projection and the stride, the others on what comes in.
template <name Name, class Block, std::size_t Width, std::size_t Stride, std::size_t Blocks,
          class First = projection<Block::expansion * Width, Stride>>
using residual_stage =
    named<Name, sequence<named<"block1", residual_block<Block, Width, Stride, First>>,
                         numbered<"block", Blocks - 1, residual_block<Block, Width, 1, identity>, 2>>>;

/// A residual network with blocks of one kind (basic_block, bottleneck) in four stages: conv1 and the pooling, "stem";
/// conv2_x to conv5_x, "stage1" to "stage4", with paths such as "stage3/block2/conv1" and "stage2/block1/shortcut/conv"; and
/// the classifier, "fc". {Size, Size, 3} -> {Classes} scores.
template <class Block, std::size_t Blocks1, std::size_t Blocks2, std::size_t Blocks3, std::size_t Blocks4,
          std::size_t Classes = 1000, std::size_t Size = 224>
using resnet =
    network<input<Size, Size, 3>,                                                                  //
            named<"stem", sequence<named<"conv1", conv2d<64, 7, stride<2>, padding<3>, no_bias>>,  //
                                   named<"bn1", torch_norm<>>, relu,                               //
                                   named<"pool", max_pool2d<3, stride<2>, padding<1>>>>>,          //
            residual_stage<"stage1", Block, 64, 1, Blocks1,
                           boost::mp11::mp_if_c<Block::expansion == 1, identity,
                                                projection<64 * Block::expansion, 1>>>,  //
            residual_stage<"stage2", Block, 128, 2, Blocks2>,                            //
            residual_stage<"stage3", Block, 256, 2, Blocks3>,                            //
            residual_stage<"stage4", Block, 512, 2, Blocks4>,                            //
            named<"pool", global_avg_pool2d>,                                            //
            named<"fc", dense<Classes>>>;

/// 11,689,512 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using resnet18 = resnet<basic_block, 2, 2, 2, 2, Classes, Size>;
/// 21,797,672 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using resnet34 = resnet<basic_block, 3, 4, 6, 3, Classes, Size>;
/// 25,557,032 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using resnet50 = resnet<bottleneck, 3, 4, 6, 3, Classes, Size>;
/// 44,549,160 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using resnet101 = resnet<bottleneck, 3, 4, 23, 3, Classes, Size>;
/// 60,192,808 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using resnet152 = resnet<bottleneck, 3, 8, 36, 3, Classes, Size>;

}  // namespace archetype::zoo
