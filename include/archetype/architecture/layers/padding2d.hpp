// SPDX-License-Identifier: BSL-1.0
/// @file padding2d.hpp
/// Paddings that are not zeros, and padding of channels. `padding<...>` of a convolution is zeros, and zero_padding2d
/// (resize2d.hpp) by itself.
#pragma once
#include <archetype/architecture/axis_map.hpp>
#include <archetype/architecture/layers/resize2d.hpp>

namespace archetype {

namespace detail {

/// What paddings share: the edges of an image, or (`Rank` 2) of a sequence.
template <std::size_t Rank, axis_rule Rule, double Value, std::size_t... Sizes>
struct padding_layer {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr option_values edges =
        Rank == 3 ? edges_of<Sizes...> : edges_of_sequence(edges_of<Sizes...>, sizeof...(Sizes));
    static constexpr double value = Value;
    static constexpr axis_map rows_of(const shape& in) {
        return {Rule, in.height(), in.height() + edges.top + edges.bottom, edges.top};
    }
    static constexpr axis_map columns_of(const shape& in) {
        return {Rule, in.width(), in.width() + edges.left + edges.right, edges.left};
    }
    static constexpr layer_facts describe(const shape& in) {
        if (in.rank != Rank) return broken_layer(Rank == 3 ? rule::takes_an_image : rule::takes_a_sequence);
        constexpr std::size_t more = Rule == axis_rule::reflected ? 1 : 0;
        constexpr bool reads_inside = Rule == axis_rule::reflected || Rule == axis_rule::wrapped;
        constexpr std::size_t across = edges.top > edges.bottom ? edges.top : edges.bottom,
                              along = edges.left > edges.right ? edges.left : edges.right;
        if (reads_inside &&
            ((across != 0 && across + more > in.height()) || (along != 0 && along + more > in.width())))
            return broken_layer(rule::padding_exceeds_the_input);
        layer_facts facts = blank_facts;
        facts.output = in;
        facts.output.extents[Rank - 2] = columns_of(in).output;
        if (Rank == 3) facts.output.extents[0] = rows_of(in).output;
        facts.variant = fingerprint({double(edges.top), double(edges.left), Value});
        facts.reads_cells = &cells_of_layer<padding_layer>;
        facts.makes_rows_alone = Rank == 3 && edges.top + edges.bottom == 0;
        return facts;
    }
};

}  // namespace detail

/// Pads an image with its own pixels, mirrored at the middle of those at the edge: {H, W, C} -> {top + H + bottom, left + W +
/// right, C}; sizes as in zero_padding2d, each below the extent (PyTorch's ReflectionPad2d, ONNX's reflect).
template <std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2 || sizeof...(Sizes) == 4) struct reflection_pad2d
    : detail::padding_layer<3, detail::axis_rule::reflected, 0.0, Sizes...> {
    static constexpr text_view kind = "reflection_pad2d";
};
/// The same for a sequence, {T, C} -> {before + T + after, C}: `reflection_pad1d<both>` or `<before, after>`.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2) struct reflection_pad1d
    : detail::padding_layer<2, detail::axis_rule::reflected, 0.0, Sizes...> {
    static constexpr text_view kind = "reflection_pad1d";
};
/// Pads an image with the pixels at its edges (PyTorch's ReplicationPad2d, ONNX's edge); sizes as in zero_padding2d.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2 || sizeof...(Sizes) == 4) struct replication_pad2d
    : detail::padding_layer<3, detail::axis_rule::repeated, 0.0, Sizes...> {
    static constexpr text_view kind = "replication_pad2d";
};
/// The same for a sequence.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2) struct replication_pad1d
    : detail::padding_layer<2, detail::axis_rule::repeated, 0.0, Sizes...> {
    static constexpr text_view kind = "replication_pad1d";
};
/// Pads an image with the pixels of the opposite edge (PyTorch's CircularPad2d, ONNX's wrap); sizes as in zero_padding2d, each
/// at most the extent.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2 || sizeof...(Sizes) == 4) struct circular_pad2d
    : detail::padding_layer<3, detail::axis_rule::wrapped, 0.0, Sizes...> {
    static constexpr text_view kind = "circular_pad2d";
};
/// The same for a sequence.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2) struct circular_pad1d
    : detail::padding_layer<2, detail::axis_rule::wrapped, 0.0, Sizes...> {
    static constexpr text_view kind = "circular_pad1d";
};
/// Pads an image with `Value`; sizes as in zero_padding2d.
template <double Value, std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2 || sizeof...(Sizes) == 4) struct constant_pad2d
    : detail::padding_layer<3, detail::axis_rule::blank, Value, Sizes...> {
    static constexpr text_view kind = "constant_pad2d";
};
/// The same for a sequence.
template <double Value, std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2) struct constant_pad1d
    : detail::padding_layer<2, detail::axis_rule::blank, Value, Sizes...> {
    static constexpr text_view kind = "constant_pad1d";
};

/// Channels of a constant before and after those that there are: {..., C} -> {..., Before + C + After}. Shortcuts of
/// ResNets without parameters (He et al. 2016, option A).
template <std::size_t Before, std::size_t After, double Value = 0.0>
struct channel_padding {
    static constexpr text_view kind = "channel_padding";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr std::size_t before = Before;
    static constexpr double value = Value;
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.output.extents[in.rank - 1] = Before + in.channels() + After;
        facts.sees_one_pixel = true;
        facts.variant = detail::fingerprint({double(Before), Value});
        return facts;
    }
};

}  // namespace archetype
