// SPDX-License-Identifier: BSL-1.0
/// @file mnasnet.hpp
/// MNASNet: Tan, Chen, Pang, Vasudevan, Sandler, Howard, Le, "MnasNet: platform-aware neural architecture search for mobile",
/// 2019, in the form B1 (without squeeze and excitation) that torchvision has.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// MNASNet-B1 of any width: `Width` (torchvision's 0.5, 0.75, 1, 1.3) multiplies all numbers of filters. 2,218,512,
/// 3,170,208, 4,383,312 and 6,282,256 parameters. {Size, Size, 3} -> {Classes} scores. Names are torchvision's:
/// "layers/8/0/layers/3" is layers.8.0.layers.3.
template <auto Width = 1.0, std::size_t Classes = 1000, std::size_t Size = 224>
requires std::convertible_to<decltype(Width), double>
struct mnasnet_definition {
    static constexpr std::size_t scaled(std::size_t filters) {
        return scaled_filters(filters, static_cast<double>(Width));
    }
    using norm = batch_norm<epsilon<1e-5>, momentum<0.9997>, unbiased_variance>;
    template <std::size_t Kernel, std::size_t Stride>
    using depthwise = depthwise_conv2d<Kernel, stride<Stride>, padding<Kernel / 2>, no_bias>;
    /// MBConv (figure 7): `Expand` times the channels, a depthwise convolution, `Out` filters without activation.
    template <std::size_t In, std::size_t Expand, std::size_t Kernel, std::size_t Out, std::size_t Stride>
    using block = named<"layers", torch_sequence<conv2d<Expand * In, 1, no_bias>, norm, relu,  //
                                                 depthwise<Kernel, Stride>, norm, relu,        //
                                                 conv2d<Out, 1, no_bias>, norm>>;
    /// A row of figure 7: channels that come in, MBConv's factor and kernel, channels, layers, stride.
    template <std::size_t In, std::size_t Expand, std::size_t Kernel, std::size_t Out, std::size_t Layers,
              std::size_t Stride>
    using mbconv = torch_sequence<row<Layers,
                                      residual_if<Stride == 1 && scaled(In) == scaled(Out),
                                                  block<scaled(In), Expand, Kernel, scaled(Out), Stride>>,
                                      residual<block<scaled(Out), Expand, Kernel, scaled(Out), 1>>>>;
    using type = network<
        input<Size, Size, 3>,
        named<"layers", torch_sequence<conv2d<scaled(32), 3, stride<2>, padding<1>, no_bias>, norm, relu,  //
                                       depthwise<3, 1>, norm, relu, conv2d<scaled(16), 1, no_bias>, norm,  //
                                       mbconv<16, 3, 3, 24, 3, 2>,                                         //
                                       mbconv<24, 3, 5, 40, 3, 2>,                                         //
                                       mbconv<40, 6, 5, 80, 3, 2>,                                         //
                                       mbconv<80, 6, 3, 96, 2, 1>,                                         //
                                       mbconv<96, 6, 5, 192, 4, 2>,                                        //
                                       mbconv<192, 6, 3, 320, 1, 1>,                                       //
                                       conv2d<1280, 1, no_bias>, norm, relu>>,
        named<"avgpool", global_avg_pool2d>,
        named<"classifier", torch_sequence<dropout<0.2>, dense<Classes>>>>;
};
template <auto Width = 1.0, std::size_t Classes = 1000, std::size_t Size = 224>
using mnasnet = typename mnasnet_definition<Width, Classes, Size>::type;

}  // namespace archetype::zoo
