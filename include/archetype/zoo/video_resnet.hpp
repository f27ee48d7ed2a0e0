// SPDX-License-Identifier: BSL-1.0
/// @file video_resnet.hpp
/// Residual networks of videos: Tran, Wang, Torresani, Ray, LeCun, Paluri, "A closer look at spatiotemporal convolutions for
/// action recognition", 2018, table 1; names are torchvision's.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// R3D: convolutions of 3 x 3 x 3. As all of these kinds: `of<Channels, Filters, Stride>` in a block whose input has `Channels`.
struct whole_convolution {
    template <std::size_t, std::size_t Filters, std::size_t Stride>
    using of = conv3d<Filters, 3, stride<Stride>, padding<1>, no_bias>;
    template <std::size_t Filters, std::size_t Stride>
    using shortcut = conv3d<Filters, 1, stride<Stride>, no_bias>;
};
/// Each frame on its own: 1 x 3 x 3.
struct frame_convolution {
    template <std::size_t, std::size_t Filters, std::size_t Stride>
    using of = conv3d<Filters, volume{1, 3, 3}, stride<1, Stride, Stride>, padding<0, 1, 1>, no_bias>;
    template <std::size_t Filters, std::size_t Stride>
    using shortcut = conv3d<Filters, 1, stride<1, Stride, Stride>, no_bias>;
};
/// R(2+1)D: 1 x 3 x 3, then 3 x 1 x 1, with as many filters between them as give both the parameters of 3 x 3 x 3.
struct split_convolution : whole_convolution {
    template <std::size_t Channels, std::size_t Filters, std::size_t Stride>
    using of =
        torch_sequence<conv3d<Channels * Filters * 27 / (Channels * 9 + 3 * Filters), volume{1, 3, 3},
                              stride<1, Stride, Stride>, padding<0, 1, 1>, no_bias>,
                       torch_norm<>, relu,
                       conv3d<Filters, volume{3, 1, 1}, stride<Stride, 1, 1>, padding<1, 0, 0>, no_bias>>;
};

/// Two convolutions of `Width` filters, added to what comes in or to its projection.
template <class Kind, std::size_t Channels, std::size_t Width, std::size_t Stride>
using video_block = sequence<
    point<"block">,
    named<"conv1", torch_sequence<typename Kind::template of<Channels, Width, Stride>, torch_norm<>, relu>>,
    named<"conv2", torch_sequence<typename Kind::template of<Channels, Width, 1>, torch_norm<>>>,
    point<"body">, from<"block">,
    boost::mp11::mp_if_c<
        Channels == Width, identity,
        named<"downsample", torch_sequence<typename Kind::template shortcut<Width, Stride>, torch_norm<>>>>,
    merge<add, "body">, relu>;
template <name Name, class Kind, std::size_t Channels, std::size_t Width>
using video_stage = named<Name, torch_sequence<video_block<Kind, Channels, Width, Width / Channels>,
                                               video_block<Kind, Width, Width, 1>>>;

/// Convolution and normalization of a whole video, or of frames and then of time.
using video_stem = torch_sequence<conv3d<64, volume{3, 7, 7}, stride<1, 2, 2>, padding<1, 3, 3>, no_bias>,
                                  torch_norm<>, relu>;
using split_video_stem =
    torch_sequence<conv3d<45, volume{1, 7, 7}, stride<1, 2, 2>, padding<0, 3, 3>, no_bias>, torch_norm<>,
                   relu, conv3d<64, volume{3, 1, 1}, padding<1, 0, 0>, no_bias>, torch_norm<>, relu>;

/// Eight blocks of 64 to 512 filters: {Frames, Size, Size, 3} -> {Classes} scores. `First` in the first two, `Other` in the others.
template <class Stem, class First, class Other, std::size_t Classes, std::size_t Frames, std::size_t Size>
using video_resnet18 = network<input<Frames, Size, Size, 3>, named<"stem", Stem>,
                               video_stage<"layer1", First, 64, 64>, video_stage<"layer2", Other, 64, 128>,
                               video_stage<"layer3", Other, 128, 256>, video_stage<"layer4", Other, 256, 512>,
                               named<"avgpool", global_avg_pool3d>, named<"fc", dense<Classes>>>;

/// 33,371,472 parameters.
template <std::size_t Classes = 400, std::size_t Frames = 16, std::size_t Size = 112>
using r3d_18 = video_resnet18<video_stem, whole_convolution, whole_convolution, Classes, Frames, Size>;
/// Whole convolutions in the first stage only ("MC3"): 11,695,440 parameters.
template <std::size_t Classes = 400, std::size_t Frames = 16, std::size_t Size = 112>
using mc3_18 = video_resnet18<video_stem, whole_convolution, frame_convolution, Classes, Frames, Size>;
/// 31,505,325 parameters.
template <std::size_t Classes = 400, std::size_t Frames = 16, std::size_t Size = 112>
using r2plus1d_18 =
    video_resnet18<split_video_stem, split_convolution, split_convolution, Classes, Frames, Size>;

}  // namespace archetype::zoo
