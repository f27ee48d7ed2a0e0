// SPDX-License-Identifier: BSL-1.0
/// @file adaptive_pool2d.hpp
/// Poolings that are given the size of their result, and poolings over one whole axis.
#pragma once
#include <archetype/architecture/axis_map.hpp>
#include <archetype/architecture/layers/pooling/pool2d.hpp>
#include <archetype/architecture/layers/slice.hpp>

namespace archetype {

/// What adaptive poolings share, of images or (`Rank` 2) sequences: result o of an axis is taken of cells floor(o in / out)
/// to ceil((o + 1) in / out) - 1.
template <std::size_t Rank, extent Size, pool_result Result>
struct basic_adaptive_pool {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr pool_result result = Result;
    static constexpr detail::axis_map rows_of(const shape& in) {
        return {detail::axis_rule::window, in.height(), Size.height};
    }
    static constexpr detail::axis_map columns_of(const shape& in) {
        return {detail::axis_rule::window, in.width(), Size.width};
    }
    static constexpr layer_facts describe(const shape& in) {
        if (Size.area() == 0) return broken_layer(rule::extent_is_zero);
        if (in.rank != Rank) return broken_layer(Rank == 3 ? rule::takes_an_image : rule::takes_a_sequence);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.output.extents[Rank - 2] = Size.width;
        if (Rank == 3) facts.output.extents[0] = Size.height;
        facts.reads_cells = &detail::cells_of_layer<basic_adaptive_pool>;
        facts.shrinks = {in.height(), in.width()};
        facts.enlarges = Size;
        facts.makes_rows_alone = Rank == 3 && Size.height == in.height();
        facts.pointwise_operations = in.size();
        return facts;
    }
};

/// The mean of each of `Size` parts of an image, {H, W, C} -> {Size, C}, whatever its size (PyTorch's AdaptiveAvgPool2d).
/// @tparam Size  a number for a square or `extent{rows, columns}`
template <auto Size>
requires std::convertible_to<decltype(Size), extent>
struct adaptive_avg_pool2d : basic_adaptive_pool<3, Size, pool_result::mean> {
    static constexpr text_view kind = "adaptive_avg_pool2d";
};
/// The maximum of each of `Size` parts of an image (PyTorch's AdaptiveMaxPool2d).
template <auto Size>
requires std::convertible_to<decltype(Size), extent>
struct adaptive_max_pool2d : basic_adaptive_pool<3, Size, pool_result::largest> {
    static constexpr text_view kind = "adaptive_max_pool2d";
};
/// The mean of each of `Steps` parts of a sequence: {T, C} -> {Steps, C}.
template <std::size_t Steps>
struct adaptive_avg_pool1d : basic_adaptive_pool<2, extent{1, Steps}, pool_result::mean> {
    static constexpr text_view kind = "adaptive_avg_pool1d";
};
/// The maximum of each of `Steps` parts of a sequence.
template <std::size_t Steps>
struct adaptive_max_pool1d : basic_adaptive_pool<2, extent{1, Steps}, pool_result::largest> {
    static constexpr text_view kind = "adaptive_max_pool1d";
};

/// What poolings over one whole axis share, which then is no more: of {H, W, C} remain {W, C}, {H, C} or {H, W}, of {T, C}
/// {C} or {T}, of a vector one number. Axes are numbered as those of a slice.
template <std::ptrdiff_t Axis, pool_result Result>
struct basic_axis_pool {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr pool_result result = Result;
    /// Counted from the last axis, which is 0.
    static constexpr std::size_t from_end(const shape& in) { return in.rank - 1 - detail::axis_of(in, Axis); }
    static constexpr detail::axis_map rows_of(const shape& in) {
        return {detail::axis_rule::window, in.height(), from_end(in) == 2 ? 1 : in.height()};
    }
    static constexpr detail::axis_map columns_of(const shape& in) {
        return {detail::axis_rule::window, in.width(), from_end(in) == 1 ? 1 : in.width()};
    }
    static constexpr layer_facts describe(const shape& in) {
        if (detail::axis_of(in, Axis) == in.rank) return broken_layer(rule::axis_does_not_exist);
        if (in.rank > 3) return broken_layer(rule::takes_no_volume);
        layer_facts facts = detail::blank_facts;
        const std::size_t gone = in.rank - 1 - from_end(in);
        for (std::size_t axis = 0; axis < in.rank; ++axis)
            if (axis != gone) facts.output.extents[facts.output.rank++] = in.extents[axis];
        if (facts.output.rank == 0) facts.output = shape{1};
        facts.variant = static_cast<double>(gone);
        facts.drops_axis = 1 + from_end(in);
        facts.pointwise_operations = in.size();
        return facts;
    }
};

/// The mean over one axis (ONNX's ReduceMean).
template <std::ptrdiff_t Axis>
struct reduce_mean : basic_axis_pool<Axis, pool_result::mean> {
    static constexpr text_view kind = "reduce_mean";
};
/// The maximum over one axis (ONNX's ReduceMax).
template <std::ptrdiff_t Axis>
struct reduce_max : basic_axis_pool<Axis, pool_result::largest> {
    static constexpr text_view kind = "reduce_max";
};

}  // namespace archetype
