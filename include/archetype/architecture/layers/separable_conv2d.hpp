// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/combinators.hpp>
#include <archetype/architecture/layers/conv2d.hpp>
#include <archetype/architecture/layers/depthwise_conv2d.hpp>
#include <boost/mp11/list.hpp>

namespace archetype {

/// Depthwise separable convolution (Chollet 2017): a depthwise convolution without bias, then one of 1 x 1 that mixes
/// channels; C M F F' + C M Filters weights and one bias for each filter. Its layers are "separable_conv2d/depthwise_conv2d"
/// and "separable_conv2d/conv2d". Options: those of depthwise_conv2d; no_bias.
template <std::size_t Filters, auto Kernel, class... Options>
requires std::convertible_to<decltype(Kernel), extent>
struct separable_conv2d {
};

/// Spatially separable convolution: one of F x 1, then one of 1 x F'; (F C + F' Filters) Filters weights, and Filters biases
/// at the end only. `stride`, `padding`, `same` and `dilation` apply to each along its own axis; no_bias.
template <std::size_t Filters, auto Kernel, class... Options>
requires std::convertible_to<decltype(Kernel), extent>
struct spatially_separable_conv2d {
};

namespace detail {

template <class Option>
using is_no_bias = std::is_same<Option, no_bias>;
template <class Option>
using is_anything_else = std::bool_constant<!is_no_bias<Option>::value>;

/// An option as the layer along the rows sees it, or along the columns.
template <class Option, bool Rows>
struct along {
    using type = Option;
};
// Numbers for three axes stay as they are: the layers refuse them.
template <std::size_t... Sizes, bool Rows>
requires(sizeof...(Sizes) <= 2) struct along<stride<Sizes...>, Rows> {
    static constexpr extent given = read_options<option::stride, stride<Sizes...>>().stride;
    using type = stride<Rows ? given.height : 1, Rows ? 1 : given.width>;
};
template <std::size_t... Sizes, bool Rows>
requires(sizeof...(Sizes) <= 2) struct along<dilation<Sizes...>, Rows> {
    static constexpr extent given = read_options<option::dilation, dilation<Sizes...>>().dilation;
    using type = dilation<Rows ? given.height : 1, Rows ? 1 : given.width>;
};
template <std::size_t... Sizes, bool Rows>
requires(sizeof...(Sizes) % 3 != 0) struct along<padding<Sizes...>, Rows> {
    static constexpr option_values given = read_options<option::padding, padding<Sizes...>>();
    using type =
        padding<Rows ? given.top : 0, Rows ? given.bottom : 0, Rows ? 0 : given.left, Rows ? 0 : given.right>;
};
template <class Options, bool Rows>
struct all_along;
template <class... Options, bool Rows>
struct all_along<boost::mp11::mp_list<Options...>, Rows> {
    using type = boost::mp11::mp_list<typename along<Options, Rows>::type...>;
};

template <class Options>
struct split_bias;
template <class... Options>
struct split_bias<boost::mp11::mp_list<Options...>> {
    using without = boost::mp11::mp_push_back<types_but<is_no_bias, Options...>, no_bias>;
    using only = types_but<is_anything_else, Options...>;
};
template <class Options>
using without_bias = typename split_bias<Options>::without;
template <class Options>
using bias_only = typename split_bias<Options>::only;

template <std::size_t Filters, auto Kernel, class Options>
struct conv2d_with;
template <std::size_t Filters, auto Kernel, class... Options>
struct conv2d_with<Filters, Kernel, boost::mp11::mp_list<Options...>> {
    using type = conv2d<Filters, Kernel, Options...>;
};
template <auto Kernel, class Options>
struct depthwise_with;
template <auto Kernel, class... Options>
struct depthwise_with<Kernel, boost::mp11::mp_list<Options...>> {
    using type = depthwise_conv2d<Kernel, Options...>;
};

template <std::size_t Filters, auto Kernel, class... Options>
struct part<separable_conv2d<Filters, Kernel, Options...>>
    : part<named<
          "separable_conv2d",
          sequence<typename depthwise_with<Kernel, without_bias<boost::mp11::mp_list<Options...>>>::type,
                   typename conv2d_with<Filters, 1, bias_only<boost::mp11::mp_list<Options...>>>::type>>> {};

template <std::size_t Filters, auto Kernel, class... Options>
struct part<spatially_separable_conv2d<Filters, Kernel, Options...>> {
    static constexpr extent kernel = Kernel;
    using options = boost::mp11::mp_list<Options...>;
    using expanded =
        part<named<"spatially_separable_conv2d",
                   sequence<typename conv2d_with<Filters, extent{kernel.height, 1},
                                                 typename all_along<without_bias<options>, true>::type>::type,
                            typename conv2d_with<Filters, extent{1, kernel.width},
                                                 typename all_along<options, false>::type>::type>>>;
    struct content {
        using layers = typename expanded::content::layers;
    };
    static constexpr tally size = expanded::size;
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        expanded::visit(visitor);
    }
};

}  // namespace detail
}  // namespace archetype
