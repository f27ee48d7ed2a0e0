// SPDX-License-Identifier: BSL-1.0
/// @file amp_wavenet.hpp
/// WaveNets of guitar amplifiers as Neural Amp Modeler writes them since 2026 (files 0.6 and 0.7): a kernel size for each
/// layer, layers whose gate has any function, bottlenecks, heads of several taps. `zoo/wavenet.hpp` has the earlier ones.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// How a layer becomes a from its first half z of 2 `Bottleneck` filters and its second half g: without such a half.
struct ungated {};
/// a = Gate(g) f(z).
template <class Gate = sigmoid>
struct gated {};
/// a = Gate(g) f(z) + (1 - Gate(g)) z.
template <class Gate = sigmoid>
struct blended {};

/// A layer: z = causal convolution of x + 1x1 of the condition, a = f(z), x + 1x1 of a to the next layer, a to the head.
template <std::size_t Kernel, std::size_t Dilation, class Activation = tanh, class Gating = ungated>
struct amp_layer {};

/// Layers one after the other.
template <class... Layers>
struct amp_layers {};

/// The sum of all a of an array, through a causal convolution.
template <std::size_t Size, std::size_t Taps = 1, bool Bias = true>
struct amp_head {};

/// Layers of `Channels` channels whose a has `Bottleneck` channels. What its head gives is added to the sum of the next
/// array, which must be as wide.
template <std::size_t Channels, class Layers, class Head, std::size_t Bottleneck = Channels>
struct amp_array {};

/// Arrays one after the other; the head of the last one is the result. `Condition` makes what every layer sees of the
/// input: itself, or for instance another stack.
template <class Condition, class... Arrays>
struct amp_stack {};

/// What the condition does to `Channels` channels: scale of it times x, plus (with `Shift`) a shift of it, both 1x1 (Perez,
/// Strub, de Vries, Dumoulin, Courville, "FiLM: visual reasoning with a general conditioning layer", 2018). Stands behind a
/// point "condition".
template <std::size_t Channels, bool Shift = true>
struct film {};

/// {Time, 1} -> {Time, Size of the last head}, which is mostly 1.
template <std::size_t Time, class... Arrays>
using amp_wavenet = network<input<Time, 1>, amp_stack<identity, Arrays...>>;

/// The layers of Neural Amp Modeler's second generation.
using a2_amp_layers = amp_layers<
    amp_layer<6, 1, leaky_relu<0.01>>, amp_layer<6, 3, leaky_relu<0.01>>, amp_layer<6, 7, leaky_relu<0.01>>,
    amp_layer<6, 17, leaky_relu<0.01>>, amp_layer<6, 41, leaky_relu<0.01>>,
    amp_layer<6, 101, leaky_relu<0.01>>, amp_layer<6, 239, leaky_relu<0.01>>,
    amp_layer<6, 1, leaky_relu<0.01>>, amp_layer<6, 3, leaky_relu<0.01>>, amp_layer<6, 7, leaky_relu<0.01>>,
    amp_layer<6, 17, leaky_relu<0.01>>, amp_layer<6, 41, leaky_relu<0.01>>,
    amp_layer<6, 101, leaky_relu<0.01>>, amp_layer<6, 239, leaky_relu<0.01>>,
    amp_layer<15, 1, leaky_relu<0.01>>, amp_layer<15, 13, leaky_relu<0.01>>,
    amp_layer<6, 1, leaky_relu<0.01>>, amp_layer<6, 3, leaky_relu<0.01>>, amp_layer<6, 7, leaky_relu<0.01>>,
    amp_layer<6, 17, leaky_relu<0.01>>, amp_layer<6, 41, leaky_relu<0.01>>,
    amp_layer<6, 101, leaky_relu<0.01>>, amp_layer<6, 239, leaky_relu<0.01>>>;

/// The standard of 2026: one array of 23 layers and a head of 16 taps. Its files hold it twice, with 3 and with 8 channels.
template <std::size_t Channels = 8, std::size_t Time = 64>
using a2_amp_wavenet = amp_wavenet<Time, amp_array<Channels, a2_amp_layers, amp_head<1, 16>>>;

}  // namespace archetype::zoo

namespace archetype::detail {

template <std::size_t Filters, std::size_t Kernel, std::size_t Dilation>
using amp_sum = branches<add, named<"conv", conv1d<Filters, Kernel, causal, dilation<Dilation>>>,
                         sequence<from<"condition">, named<"mixer", dense<Filters, last_axis, no_bias>>>>;

template <std::size_t Filters, class Layer>
struct amp_unit;
template <std::size_t Filters, std::size_t Kernel, std::size_t Dilation, class Activation>
struct amp_unit<Filters, zoo::amp_layer<Kernel, Dilation, Activation, zoo::ungated>> {
    using type = sequence<amp_sum<Filters, Kernel, Dilation>, Activation>;
};
template <std::size_t Filters, std::size_t Kernel, std::size_t Dilation, class Activation, class Gate>
struct amp_unit<Filters, zoo::amp_layer<Kernel, Dilation, Activation, zoo::gated<Gate>>> {
    using type = branches<multiply, named<"filter", sequence<amp_sum<Filters, Kernel, Dilation>, Activation>>,
                          named<"gate", sequence<amp_sum<Filters, Kernel, Dilation>, Gate>>>;
};
template <std::size_t Filters, std::size_t Kernel, std::size_t Dilation, class Activation, class Gate>
struct amp_unit<Filters, zoo::amp_layer<Kernel, Dilation, Activation, zoo::blended<Gate>>> {
    using rest = activation<[](auto x) { return 1 - x; }>;
    using type = sequence<named<"filter", amp_sum<Filters, Kernel, Dilation>>, point<"z">, from<"x">,
                          named<"gate", sequence<amp_sum<Filters, Kernel, Dilation>, Gate>>, point<"gate">,
                          branches<add, branches<multiply, sequence<from<"z">, Activation>, from<"gate">>,
                                   branches<multiply, from<"z">, sequence<from<"gate">, rest>>>>;
};

/// `First` of all layers, whose a begins the sum; `Last`, whose x nobody reads.
template <std::size_t Channels, std::size_t Bottleneck, class Layer, bool First, bool Last>
struct amp_step {};
template <std::size_t Channels, std::size_t Bottleneck, class Layer, bool First, bool Last>
struct part<amp_step<Channels, Bottleneck, Layer, First, Last>>
    : part<sequence<point<"x">, typename amp_unit<Bottleneck, Layer>::type, point<"a">,
                    std::conditional_t<First, sequence<>, merge<add, "head">>, point<"head">,
                    std::conditional_t<Last, sequence<>,
                                       sequence<from<"a">, named<"residual", dense<Channels, last_axis>>,
                                                merge<add, "x">>>>> {};

template <class Array, std::size_t Position, std::size_t Count>
struct amp_part;
template <std::size_t Channels, class... Layers, std::size_t Size, std::size_t Taps, bool Bias,
          std::size_t Bottleneck, std::size_t Position, std::size_t Count>
struct amp_part<
    zoo::amp_array<Channels, zoo::amp_layers<Layers...>, zoo::amp_head<Size, Taps, Bias>, Bottleneck>,
    Position, Count> {
    static constexpr bool is_last = Position + 1 == Count;
    template <std::size_t... I>
    static auto layers(boost::mp11::index_sequence<I...>)
        -> sequence<named<"layer", amp_step<Channels, Bottleneck, Layers, Position == 0 && I == 0,
                                            is_last && I + 1 == sizeof...(Layers)>>...>;
    using head = std::conditional_t<Bias, conv1d<Size, Taps, causal>, conv1d<Size, Taps, causal, no_bias>>;
    using type = named<"array", sequence<named<"rechannel", dense<Channels, last_axis, no_bias>>,
                                         decltype(layers(boost::mp11::index_sequence_for<Layers...>{})),
                                         point<"x">, from<"head">, named<"head", head>, point<"head">,
                                         std::conditional_t<is_last, sequence<>, from<"x">>>>;
};

template <class Indices, class... Arrays>
struct amp_parts;
template <std::size_t... I, class... Arrays>
struct amp_parts<boost::mp11::index_sequence<I...>, Arrays...> {
    using type = sequence<typename amp_part<Arrays, I, sizeof...(Arrays)>::type...>;
};
template <class Condition, class... Arrays>
struct part<zoo::amp_stack<Condition, Arrays...>>
    : part<sequence<point<"signal">, Condition, point<"condition">, from<"signal">,
                    typename amp_parts<boost::mp11::index_sequence_for<Arrays...>, Arrays...>::type>> {};

template <std::size_t Channels>
struct part<zoo::film<Channels, false>>
    : part<branches<multiply, identity,
                    sequence<from<"condition">, named<"scale", dense<Channels, last_axis>>>>> {};
template <std::size_t Channels>
struct part<zoo::film<Channels, true>>
    : part<branches<add, zoo::film<Channels, false>,
                    sequence<from<"condition">, named<"shift", dense<Channels, last_axis>>>>> {};

}  // namespace archetype::detail
