// SPDX-License-Identifier: BSL-1.0
/// @file bidirectional.hpp
/// A recurrent layer and its mirror image.
#pragma once
#include <archetype/architecture/graph.hpp>
#include <archetype/architecture/layers/recurrent.hpp>

namespace archetype {

/// `Layer` (simple_rnn, lstm, gru, recurrent) and a second one with the option `reversed`, both applied to what comes in
/// (Schuster, Paliwal 1997); `Join` (concatenate, add, average, multiply) makes one result of theirs. With
/// `return_sequences` row t joins the states after reading steps 0 to t and T - 1 to t; else the two last states are joined.
/// The parts are named "forward" and "backward". With `in_blocks<Size, LookAhead>` behind `Join` the second one sees no further than
/// these steps, and the network runs in streams.
template <class Layer, join_layer Join = concatenate, class... Blocks>
struct bidirectional {};

namespace detail {

template <class Layer, class... Blocks>
struct mirrored;
template <template <std::size_t, class...> class Layer, std::size_t Units, class... Options, class... Blocks>
struct mirrored<Layer<Units, Options...>, Blocks...> {
    using type = Layer<Units, Options..., reversed, Blocks...>;
};
template <std::size_t Units, class Cell, class... Options, class... Blocks>
struct mirrored<recurrent<Units, Cell, Options...>, Blocks...> {
    using type = recurrent<Units, Cell, Options..., reversed, Blocks...>;
};

template <class Layer, class Join, class... Blocks>
requires((Blocks::sets == option::in_blocks) && ...) struct part<bidirectional<Layer, Join, Blocks...>>
    : part<branches<Join, named<"forward", Layer>,
                    named<"backward", typename mirrored<Layer, Blocks...>::type>>> {
};

}  // namespace detail
}  // namespace archetype
