// SPDX-License-Identifier: BSL-1.0
/// @file wavenet.hpp
/// WaveNet (van den Oord et al., "WaveNet: a generative model for raw audio", 2016), without the autoregression: dilated
/// causal convolutions over a signal that every layer sees again, as guitar-amplifier models use them (Wright, Damskägg,
/// Juvela, Välimäki, "Real-time guitar amplifier emulation with deep learning", 2020).
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// One layer: a = f(causal convolution of x + 1x1 of the condition), times a sigmoid of its own such sum where `Gated`; the
/// sum of all a goes to the head, x + 1x1 of a to the next layer. Works between a point "condition" and, but for the `First`
/// layer, a point "head"; leaves points "a" and "head" and, unless it is the `Last`, the new x.
template <std::size_t Channels, std::size_t Kernel, std::size_t Dilation, class Activation = tanh,
          bool Gated = false, bool First = false, bool Last = false>
struct wavenet_layer {};

/// Dilations of the layers of an array.
template <std::size_t... Values>
struct dilations {};

/// Layers of `Channels` channels, one for each dilation; what they give to the head comes out as `HeadSize` channels, for
/// the head of the next array.
template <std::size_t Channels, std::size_t Kernel, class Dilations, std::size_t HeadSize,
          bool HeadBias = false, class Activation = tanh, bool Gated = false>
struct wavenet_array {};

/// Arrays one after the other; the head of the last one is the result.
template <class... Arrays>
struct wavenet_stack {};

/// {Time, 1} -> {Time, HeadSize of the last array}, which is mostly 1.
template <std::size_t Time, class... Arrays>
using wavenet = network<input<Time, 1>, wavenet_stack<Arrays...>>;

/// The standard size of Neural Amp Modeler's first generation: 16 and 8 channels, ten dilations each.
template <std::size_t Time = 64, class Activation = tanh>
using standard_amp_wavenet =
    wavenet<Time,
            wavenet_array<16, 3, dilations<1, 2, 4, 8, 16, 32, 64, 128, 256, 512>, 8, false, Activation>,
            wavenet_array<8, 3, dilations<1, 2, 4, 8, 16, 32, 64, 128, 256, 512>, 1, true, Activation>>;

}  // namespace archetype::zoo

namespace archetype::detail {

/// The convolution and the condition of one layer, summed.
template <std::size_t Channels, std::size_t Kernel, std::size_t Dilation>
using wavenet_sum =
    branches<add, sequence<from<"condition">, named<"mixer", dense<Channels, last_axis, no_bias>>>,
             named<"conv", conv1d<Channels, Kernel, causal, dilation<Dilation>>>>;

template <std::size_t Channels, std::size_t Kernel, std::size_t Dilation, class Activation, bool Gated>
struct wavenet_unit {
    using type = sequence<wavenet_sum<Channels, Kernel, Dilation>, Activation>;
};
template <std::size_t Channels, std::size_t Kernel, std::size_t Dilation, class Activation>
struct wavenet_unit<Channels, Kernel, Dilation, Activation, true> {
    using type =
        branches<multiply, named<"filter", sequence<wavenet_sum<Channels, Kernel, Dilation>, Activation>>,
                 named<"gate", sequence<wavenet_sum<Channels, Kernel, Dilation>, sigmoid>>>;
};

template <std::size_t Channels, std::size_t Kernel, std::size_t Dilation, class Activation, bool Gated,
          bool First, bool Last>
struct part<zoo::wavenet_layer<Channels, Kernel, Dilation, Activation, Gated, First, Last>>
    : part<sequence<point<"x">, typename wavenet_unit<Channels, Kernel, Dilation, Activation, Gated>::type,
                    point<"a">, std::conditional_t<First, sequence<>, merge<add, "head">>, point<"head">,
                    std::conditional_t<Last, sequence<>,
                                       sequence<from<"a">, named<"residual", dense<Channels, last_axis>>,
                                                merge<add, "x">>>>> {};

/// `Position` of `Count` arrays.
template <class Array, std::size_t Position, std::size_t Count>
struct wavenet_part;
template <std::size_t Channels, std::size_t Kernel, std::size_t... Dilations, std::size_t HeadSize,
          bool HeadBias, class Activation, bool Gated, std::size_t Position, std::size_t Count>
struct wavenet_part<
    zoo::wavenet_array<Channels, Kernel, zoo::dilations<Dilations...>, HeadSize, HeadBias, Activation, Gated>,
    Position, Count> {
    template <std::size_t... I>
    static auto layers(boost::mp11::index_sequence<I...>) -> sequence<named<
        "layer", zoo::wavenet_layer<Channels, Kernel, Dilations, Activation, Gated, Position == 0 && I == 0,
                                    Position + 1 == Count && I + 1 == sizeof...(Dilations)>>...>;
    using head =
        std::conditional_t<HeadBias, dense<HeadSize, last_axis>, dense<HeadSize, last_axis, no_bias>>;
    static constexpr bool is_last = Position + 1 == Count;
    using type =
        named<"array", sequence<named<"rechannel", dense<Channels, last_axis, no_bias>>,
                                decltype(layers(boost::mp11::make_index_sequence<sizeof...(Dilations)>{})),
                                point<"x">, from<"head">, named<"head", head>, point<"head">,
                                std::conditional_t<is_last, sequence<>, from<"x">>>>;
};

template <class Indices, class... Arrays>
struct wavenet_parts;
template <std::size_t... I, class... Arrays>
struct wavenet_parts<boost::mp11::index_sequence<I...>, Arrays...> {
    using type = sequence<point<"condition">, typename wavenet_part<Arrays, I, sizeof...(Arrays)>::type...>;
};
template <class... Arrays>
struct part<zoo::wavenet_stack<Arrays...>>
    : part<typename wavenet_parts<boost::mp11::index_sequence_for<Arrays...>, Arrays...>::type> {};

}  // namespace archetype::detail
