// SPDX-License-Identifier: BSL-1.0
/// @file efficientnet.hpp
/// EfficientNet: Tan, Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019, table 1, scaled as
/// in the networks that its authors published with weights.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

/// An EfficientNet: table 1 with `Width` times the filters and `Depth` times the layers. {Size, Size, 3} -> {Classes}
/// scores. Names are torchvision's: "features/2/0/block/2/fc1" is features.2.0.block.2.fc1. Training drops residuals (stochastic
/// depth): block b of B, from 0, with probability Drop b / B, as Keras and torchvision do.
/// @tparam Dropout  before the classifier
/// @tparam Norm     torchvision's B5 to B7 have TensorFlow's constants
template <double Width, double Depth, double Dropout, std::size_t Classes, std::size_t Size,
          class Norm = torch_norm<>, double Drop = 0.2>
struct efficientnet_definition {
    static constexpr std::size_t scaled(std::size_t filters) { return scaled_filters(filters, Width); }
    static constexpr std::size_t repeats(std::size_t layers) {  // rounded up
        const double exact = Depth * static_cast<double>(layers);
        const std::size_t whole = static_cast<std::size_t>(exact);
        return static_cast<double>(whole) < exact ? whole + 1 : whole;
    }
    /// Blocks of the first rows of the table.
    static constexpr std::size_t blocks_of(std::size_t rows) {
        std::size_t sum = 0, row = 0;
        for (const std::size_t layers : {1, 2, 2, 3, 3, 4, 1})
            if (row++ < rows) sum += repeats(layers);
        return sum;
    }
    /// Of the block before which there are so many others.
    static constexpr double drop_rate(std::size_t blocks_before) {
        return Drop * static_cast<double>(blocks_before) / static_cast<double>(blocks_of(7));
    }
    /// MBConv: an inverted residual (MobileNet v2) with squeeze and excitation.
    template <std::size_t In, std::size_t Expand, std::size_t Kernel, std::size_t Out, std::size_t Stride>
    using body = named<"block", torch_sequence<part_if<Expand != 1, conv_norm<Expand * In, 1, Norm, silu>>,
                                               depthwise_norm<Kernel, Stride, Norm, silu>,
                                               squeeze_excitation<Expand * In, In / 4, silu, sigmoid>,
                                               conv_norm<Out, 1, Norm>>>;
    template <std::size_t In, std::size_t Expand, std::size_t Kernel, std::size_t Out, std::size_t Stride,
              std::size_t Before>
    using block =
        boost::mp11::mp_if_c<Stride == 1 && In == Out,
                             dropped_residual<drop_rate(Before), body<In, Expand, Kernel, Out, Stride>>,
                             body<In, Expand, Kernel, Out, Stride>>;
    template <std::size_t Row, std::size_t In, std::size_t Expand, std::size_t Kernel, std::size_t Out,
              std::size_t Stride, class Indices>
    struct blocks;
    template <std::size_t Row, std::size_t In, std::size_t Expand, std::size_t Kernel, std::size_t Out,
              std::size_t Stride, std::size_t... I>
    struct blocks<Row, In, Expand, Kernel, Out, Stride, boost::mp11::index_sequence<I...>> {
        using type = torch_sequence<
            block<I == 0 ? In : Out, Expand, Kernel, Out, I == 0 ? Stride : 1, blocks_of(Row) + I>...>;
    };
    /// A row of the table: its number, channels that come in, MBConv's factor and kernel, channels, stride.
    template <std::size_t Row, std::size_t In, std::size_t Expand, std::size_t Kernel, std::size_t Out,
              std::size_t Stride>
    using mbconv =
        typename blocks<Row, scaled(In), Expand, Kernel, scaled(Out), Stride,
                        boost::mp11::make_index_sequence<blocks_of(Row + 1) - blocks_of(Row)>>::type;
    using type = network<input<Size, Size, 3>,                                                              //
                         named<"features", torch_sequence<conv_norm<scaled(32), 3, Norm, silu, stride<2>>,  //
                                                          mbconv<0, 32, 1, 3, 16, 1>,                       //
                                                          mbconv<1, 16, 6, 3, 24, 2>,                       //
                                                          mbconv<2, 24, 6, 5, 40, 2>,                       //
                                                          mbconv<3, 40, 6, 3, 80, 2>,                       //
                                                          mbconv<4, 80, 6, 5, 112, 1>,                      //
                                                          mbconv<5, 112, 6, 5, 192, 2>,                     //
                                                          mbconv<6, 192, 6, 3, 320, 1>,                     //
                                                          conv_norm<4 * scaled(320), 1, Norm, silu>>>,
                         named<"avgpool", global_avg_pool2d>,
                         named<"classifier", torch_sequence<dropout<Dropout>, dense<Classes>>>>;
};
using efficientnet_tf_norm = batch_norm<epsilon<1e-3>, momentum<0.99>, unbiased_variance>;

/// 5,288,548 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 224>
using efficientnet_b0 = typename efficientnet_definition<1.0, 1.0, 0.2, Classes, Size>::type;
/// 7,794,184 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 240>
using efficientnet_b1 = typename efficientnet_definition<1.0, 1.1, 0.2, Classes, Size>::type;
/// 9,109,994 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 260>
using efficientnet_b2 = typename efficientnet_definition<1.1, 1.2, 0.3, Classes, Size>::type;
/// 12,233,232 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 300>
using efficientnet_b3 = typename efficientnet_definition<1.2, 1.4, 0.3, Classes, Size>::type;
/// 19,341,616 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 380>
using efficientnet_b4 = typename efficientnet_definition<1.4, 1.8, 0.4, Classes, Size>::type;
/// 30,389,784 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 456>
using efficientnet_b5 =
    typename efficientnet_definition<1.6, 2.2, 0.4, Classes, Size, efficientnet_tf_norm>::type;
/// 43,040,704 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 528>
using efficientnet_b6 =
    typename efficientnet_definition<1.8, 2.6, 0.5, Classes, Size, efficientnet_tf_norm>::type;
/// 66,347,960 parameters.
template <std::size_t Classes = 1000, std::size_t Size = 600>
using efficientnet_b7 =
    typename efficientnet_definition<2.0, 3.1, 0.5, Classes, Size, efficientnet_tf_norm>::type;

}  // namespace archetype::zoo
