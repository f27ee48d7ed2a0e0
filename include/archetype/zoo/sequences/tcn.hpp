// SPDX-License-Identifier: BSL-1.0
/// @file tcn.hpp
/// Temporal convolutional networks: Bai, Kolter, Koltun, "An empirical evaluation of generic convolutional and recurrent networks
/// for sequence modeling", 2018, figure 1. Weights are those that weight normalization gives.
#pragma once
#include <archetype/zoo/conventions.hpp>

namespace archetype::zoo {

template <name Name, std::size_t Channels, std::size_t Kernel, std::size_t Dilation, double Rate>
using temporal_convolution =
    sequence<named<Name, conv1d<Channels, Kernel, causal, dilation<Dilation>>>, relu, dropout<Rate>>;

/// Two dilated causal convolutions, "conv1" and "conv2", added to what comes in or to its "downsample" of 1 x 1.
template <std::size_t Inputs, std::size_t Channels, std::size_t Kernel, std::size_t Dilation, double Rate>
using temporal_block =
    sequence<point<"block">, temporal_convolution<"conv1", Channels, Kernel, Dilation, Rate>,
             temporal_convolution<"conv2", Channels, Kernel, Dilation, Rate>, point<"body">, from<"block">,
             boost::mp11::mp_if_c<Inputs == Channels, identity, named<"downsample", conv1d<Channels, 1>>>,
             merge<add, "body">, relu>;

namespace detail {
template <std::size_t Inputs, std::size_t Channels, std::size_t Kernel, double Rate, std::size_t... Level>
auto temporal_blocks(boost::mp11::index_sequence<Level...>) -> torch_sequence<
    temporal_block<Level == 0 ? Inputs : Channels, Channels, Kernel, std::size_t{1} << Level, Rate>...>;
}  // namespace detail

/// `Levels` blocks of `Channels` channels with dilations 1, 2, 4, ...: {Time, Inputs} -> {Time, Outputs}, one result a step, which
/// sees 1 + 2 (Kernel - 1) (2^Levels - 1) steps. The sizes of the paper's sequences of pixels unless given.
template <std::size_t Time, std::size_t Inputs, std::size_t Outputs, std::size_t Levels = 8,
          std::size_t Channels = 25, std::size_t Kernel = 7, double Rate = 0.05>
using tcn = network<input<Time, Inputs>,
                    named<"network", decltype(detail::temporal_blocks<Inputs, Channels, Kernel, Rate>(
                                         boost::mp11::make_index_sequence<Levels>{}))>,
                    named<"linear", dense<Outputs, last_axis>>>;

}  // namespace archetype::zoo
