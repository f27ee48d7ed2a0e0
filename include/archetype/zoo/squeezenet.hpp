// SPDX-License-Identifier: BSL-1.0
/// @file squeezenet.hpp
/// SqueezeNet: Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters
/// and < 0.5 MB model size", 2016, table 1, and version 1.1, which its authors published with weights.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// `Squeeze` 1 x 1 filters, then `Expand` of 1 x 1 and as many of 3 x 3 side by side (figure 1). Points instead of
/// `branches`, whose names torchvision does not have.
template <std::size_t Squeeze, std::size_t Expand>
using fire = sequence<named<"squeeze", conv2d<Squeeze, 1>>, relu, point<"squeezed">,                        //
                      named<"expand1x1", conv2d<Expand, 1>>, relu, point<"expanded1x1">, from<"squeezed">,  //
                      named<"expand3x3", conv2d<Expand, 3, padding<1>>>, relu, point<"expanded3x3">,        //
                      from<"expanded1x1">, merge<concatenate, "expanded3x3">>;

/// {Size, Size, 3} -> {Classes} scores of `Features`. Names are torchvision's: "features/3/squeeze", "classifier/1".
template <std::size_t Classes, std::size_t Size, class... Features>
using squeezenet =
    network<input<Size, Size, 3>, named<"features", torch_sequence<Features...>>,
            named<"classifier", torch_sequence<dropout<0.5>, conv2d<Classes, 1>, relu, global_avg_pool2d>>>;

using squeezenet_pool = max_pool2d<3, stride<2>, ceil_mode>;

/// SqueezeNet 1.0: 1,248,424 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using squeezenet1_0 =
    squeezenet<Classes, Size,                                                                //
               conv2d<96, 7, stride<2>>, relu, squeezenet_pool,                              //
               fire<16, 64>, fire<16, 64>, fire<32, 128>, squeezenet_pool,                   //
               fire<32, 128>, fire<48, 192>, fire<48, 192>, fire<64, 256>, squeezenet_pool,  //
               fire<64, 256>>;
/// SqueezeNet 1.1, with less than half of the multiply-adds: 1,235,496 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using squeezenet1_1 = squeezenet<Classes, Size,                                    //
                                 conv2d<64, 3, stride<2>>, relu, squeezenet_pool,  //
                                 fire<16, 64>, fire<16, 64>, squeezenet_pool,      //
                                 fire<32, 128>, fire<32, 128>, squeezenet_pool,    //
                                 fire<48, 192>, fire<48, 192>, fire<64, 256>, fire<64, 256>>;

}  // namespace archetype::zoo
