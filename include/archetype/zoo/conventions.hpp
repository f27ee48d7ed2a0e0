// SPDX-License-Identifier: BSL-1.0
/// @file conventions.hpp
/// What several networks of the zoo build from.
#pragma once
#include <archetype/architecture.hpp>

namespace archetype::zoo {

/// Batch normalization with PyTorch's conventions and an epsilon that the network's source gives.
template <double Epsilon = 1e-5>
using torch_norm = batch_norm<epsilon<Epsilon>, momentum<0.9>, unbiased_variance>;

/// A convolution without bias, batch_norm, relu: layers "conv" and "bn" of a part with a name.
/// @tparam Options  of conv2d
template <name Name, std::size_t Filters, auto Kernel, class Norm, class... Options>
using conv_bn_relu =
    named<Name,
          sequence<named<"conv", conv2d<Filters, Kernel, no_bias, Options...>>, named<"bn", Norm>, relu>>;

/// Layers in order, named "0", "1", ... as in PyTorch's Sequential: "features/4/conv/1" is features.4.conv.1 there. A type
/// of its own, so that who includes the zoo pays for no network but those in use.
/// @tparam Parts  layers and blocks, a `row` of them, a `part_if`
template <class... Parts>
struct torch_sequence {};

/// A row of a paper's table, in a `torch_sequence`: `First` and then `Other` until there are `Blocks`.
template <std::size_t Blocks, class First, class Other>
struct row {};

namespace detail {
template <std::size_t Number>
using number_text = archetype::detail::constant_text<archetype::detail::numbered_text<"", Number>>;
template <std::size_t Number>
inline constexpr name<number_text<Number>::length + 1> number_name{number_text<Number>::text.data};

template <class Part>
struct listed {
    using type = boost::mp11::mp_list<Part>;
};
template <class... Parts>
struct listed<boost::mp11::mp_list<Parts...>> {
    using type = boost::mp11::mp_list<Parts...>;
};
template <std::size_t Blocks, class First, class Other>
struct listed<row<Blocks, First, Other>> {
    using others = archetype::detail::repeated_list<boost::mp11::mp_list<Other>,
                                                    boost::mp11::make_index_sequence<Blocks - 1>>;
    using type = boost::mp11::mp_push_front<typename others::type, First>;
};

template <class List, class Numbers = boost::mp11::make_index_sequence<boost::mp11::mp_size<List>::value>>
struct numbered_list;
template <class... Parts, std::size_t... Numbers>
struct numbered_list<boost::mp11::mp_list<Parts...>, boost::mp11::index_sequence<Numbers...>> {
    using type = sequence<named<number_name<Numbers>, Parts>...>;
};
}  // namespace detail

/// `Part` in a `torch_sequence`, if there is such a part.
template <bool IsThere, class Part>
using part_if = boost::mp11::mp_if_c<IsThere, boost::mp11::mp_list<Part>, boost::mp11::mp_list<>>;

/// The sum of what comes in and `Body` of it if both have the same shape; otherwise `Body` alone.
template <bool IsSum, class Body>
using residual_if = boost::mp11::mp_if_c<IsSum, residual<Body>, Body>;

/// The sum of what comes in and `Body` of it, which training drops with probability `Rate` (stochastic depth).
template <double Rate, class Body>
using dropped_residual =
    residual<sequence<Body, boost::mp11::mp_if_c<(Rate > 0), stochastic_depth<Rate>, identity>>>;

/// `filters` times a width, as a multiple of 8 that is at most a tenth less (TensorFlow's and torchvision's rule).
constexpr std::size_t scaled_filters(std::size_t filters, double width) {
    const double exact = static_cast<double>(filters) * width;
    std::size_t rounded = static_cast<std::size_t>(exact + 4) / 8 * 8;
    if (rounded < 8) rounded = 8;
    return static_cast<double>(rounded) < 0.9 * exact ? rounded + 8 : rounded;
}

/// A convolution of an odd kernel, padded such that stride 1 keeps the size, `Norm` and, if there is one, an activation;
/// names as in torchvision's Conv2dNormActivation.
/// @tparam Options  of conv2d
template <std::size_t Filters, std::size_t Kernel, class Norm, class Activation = boost::mp11::mp_list<>,
          class... Options>
using conv_norm =
    torch_sequence<conv2d<Filters, Kernel, padding<(Kernel - 1) / 2>, no_bias, Options...>, Norm, Activation>;
/// The same with a filter for each channel.
template <std::size_t Kernel, std::size_t Stride, class Norm, class Activation>
using depthwise_norm =
    torch_sequence<depthwise_conv2d<Kernel, stride<Stride>, padding<(Kernel - 1) / 2>, no_bias>, Norm,
                   Activation>;

/// Squeeze and excitation (Hu, Shen, Sun 2018): each channel times a factor that is made of the means of all channels, by
/// "fc1" with `Squeezed` results and "fc2". {H, W, Channels} -> {H, W, Channels}.
template <std::size_t Channels, std::size_t Squeezed, class Activation, class Gate>
using squeeze_excitation = sequence<point<"squeezed">, named<"avgpool", global_avg_pool2d>,          //
                                    named<"fc1", dense<Squeezed>>, named<"activation", Activation>,  //
                                    named<"fc2", dense<Channels>>, named<"scale_activation", Gate>,  //
                                    merge<multiply, "squeezed">>;

}  // namespace archetype::zoo

namespace archetype::detail {

template <class... Parts>
struct part<zoo::torch_sequence<Parts...>>
    : part<typename zoo::detail::numbered_list<boost::mp11::mp_append<
          boost::mp11::mp_list<>, typename zoo::detail::listed<Parts>::type...>>::type> {};

}  // namespace archetype::detail
