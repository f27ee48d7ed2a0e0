// SPDX-License-Identifier: BSL-1.0
/// @file conv2d_weights.hpp
/// The orders in which convolution kernels read weights.
#pragma once
#include <archetype/kernels/convolution/ways/flat_rows.hpp>
#include <archetype/kernels/convolution/ways/planar_forward.hpp>
#include <archetype/kernels/convolution/ways/row_segments.hpp>
#include <archetype/kernels/convolution/ways/sliding_rows.hpp>
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <archetype/kernels/products/tile_product.hpp>
#include <archetype/kernels/vectors/transpose.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The register tile of a forward convolution. A single position is a dense layer, which is mostly called
/// with many samples in training: those are its rows.
template <class T>
constexpr tile_shape forward_tile(const conv2d_geometry& g) {
    const std::size_t positions = g.out.height * g.out.width;
    return choose_tile<T>(positions == 1 ? 64 : positions, g.group_filters());
}
template <class T>
constexpr tile_shape backward_tile(const conv2d_geometry& g) {
    const std::size_t positions = (g.in.height * g.in.width) / (g.win.stride_height * g.win.stride_width);
    return choose_tile<T>(positions <= 1 ? 64 : positions, g.group_inputs());
}
/// The same convolution for rows of results as one run; only for one group and horizontal stride 1.
constexpr flat_convolution flat_forward(const conv2d_geometry& g) {
    flat_convolution f;
    f.height = g.out.height, f.width = g.out.width, f.channels = g.out.channels, f.inputs = g.in.channels;
    f.kernel_height = g.win.kernel_height, f.kernel_width = g.win.kernel_width;
    f.stride_height = g.win.stride_height;
    f.dilation_height = g.win.dilation_height, f.dilation_width = g.win.dilation_width;
    f.source_offset =
        static_cast<std::ptrdiff_t>(g.in.offset) -
        static_cast<std::ptrdiff_t>(g.win.pad_top * g.in.row_stride + g.win.pad_left * g.in.pixel_stride);
    f.source_sample = g.in.sample_stride, f.source_row = g.in.row_stride, f.source_pixel = g.in.pixel_stride;
    f.result = g.out;
    return f;
}
/// The ways to a convolution's results.
enum class forward_way { tiles, flat, planar, sliding };

template <class T>
constexpr forward_way choose_forward(const conv2d_geometry& g) {
    const tile_shape tile = forward_tile<T>(g);
    const std::size_t panel = tile.vectors * lane_count<T>;
    const std::size_t vectors = (g.group_filters() + panel - 1) / panel * tile.vectors;
    double cost = double(g.out.height * g.out.width * g.taps() * vectors) * (tile.vectors == 1 ? 1.33 : 1.0);
    forward_way best = forward_way::tiles;
    if (g.groups == 1 && g.win.stride_width == 1) {
        const flat_plan<T> flat(flat_forward(g));
        if (flat.pays) best = forward_way::flat, cost = flat.cost;
    }
    if (planar_plan<T>(g).cost < cost) best = forward_way::planar, cost = planar_plan<T>(g).cost;
    return sliding_plan<T>(g).cost < 0.95 * cost ? forward_way::sliding : best;
}

/// The gradient of the input of a convolution with stride 1 is itself one, of the gradient of the output with
/// the weights turned around.
constexpr flat_convolution flat_backward(const conv2d_geometry& g, const image& grad_out,
                                         const image& grad_in) {
    flat_convolution f;
    const window& w = g.win;
    f.height = g.in.height, f.width = g.in.width, f.channels = g.in.channels, f.inputs = g.out.channels;
    f.kernel_height = w.kernel_height, f.kernel_width = w.kernel_width;
    f.dilation_height = w.dilation_height, f.dilation_width = w.dilation_width;
    const auto first = [](std::size_t pad, std::size_t kernel, std::size_t dilation, std::size_t distance) {
        return (static_cast<std::ptrdiff_t>(pad) - static_cast<std::ptrdiff_t>((kernel - 1) * dilation)) *
               static_cast<std::ptrdiff_t>(distance);
    };
    f.source_offset = static_cast<std::ptrdiff_t>(grad_out.offset) +
                      first(w.pad_top, w.kernel_height, w.dilation_height, grad_out.row_stride) +
                      first(w.pad_left, w.kernel_width, w.dilation_width, grad_out.pixel_stride);
    f.source_sample = grad_out.sample_stride, f.source_row = grad_out.row_stride,
    f.source_pixel = grad_out.pixel_stride;
    f.result = grad_in;
    return f;
}
/// The ways to the gradient of the input.
enum class backward_way { tiles, flat, segments };

/// The cheapest way. Depends on the geometry only, since the weights are prepared without knowing where gradients
/// lie.
template <class T>
constexpr backward_way choose_backward(const conv2d_geometry& g) {
    const window& w = g.win;
    const tile_shape tile = backward_tile<T>(g);
    const std::size_t panel = tile.vectors * lane_count<T>;
    const std::size_t vectors = (g.group_inputs() + panel - 1) / panel * tile.vectors;
    double cost =
        double(g.in.height * g.in.width * w.kernel_height * w.kernel_width * g.out.channels * vectors) /
        double(w.stride_height * w.stride_width) * (tile.vectors == 1 ? 1.33 : 1.0);
    backward_way best = backward_way::tiles;
    if (g.groups == 1 && w.stride_height == 1 && w.stride_width == 1) {
        const flat_plan<T> flat(flat_backward(g, g.out, dense_image(g.in.height, g.in.width, g.in.channels)));
        if (flat.pays) best = backward_way::flat, cost = flat.cost;
    }
    return segment_plan<T>(g).cost < 0.9 * cost ? backward_way::segments : best;
}

constexpr std::size_t panels_of(std::size_t channels, std::size_t panel_width) {
    return (channels + panel_width - 1) / panel_width;
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// The weights `conv2d_forward` reads. `Prepared` false is for weights that cannot be copied (constants of a program): any
/// number of them is read as it is, but for the few of layers with few filters. Where `prepared_size` is 0 it reads the logical weights
/// [kernel row][kernel column][channel in of the group][filter] themselves: for small tensors, which stay in
/// cache in any order, and without SIMD, where a copy would cost memory and win nothing. Otherwise call
/// `prepare` after each change.
template <conv2d_geometry G, class T, bool Prepared = true>
struct conv2d_weights {
    static constexpr detail::tile_shape tile = detail::forward_tile<T>(G);
    static constexpr std::size_t panel_width = tile.vectors * lane_count<T>;
    static constexpr std::size_t panels = detail::panels_of(G.group_filters(), panel_width);
    static constexpr std::size_t row_panels = detail::panels_per_row(tile.vectors, panels);
    /// Lanes run along rows of pixels; prepared are [kernel row][kernel column][channel in][filters,
    /// repeated].
    static constexpr detail::forward_way way = detail::choose_forward<T>(G);
    static constexpr bool flat = way == detail::forward_way::flat;
    static constexpr bool planar = way == detail::forward_way::planar;
    static constexpr bool sliding = way == detail::forward_way::sliding;
    static constexpr std::size_t repeated = lane_count<T> + G.out.channels;
    static constexpr bool logical =
        !flat && (!Prepared || planar || sliding || lane_count<T> == 1 || G.depthwise() ||
                  G.out.channels <= panel_width || G.weights_size() * sizeof(T) <= 65536);
    /// Elements of the prepared copy: [group][panel][kernel row][kernel column][channel in][filter in panel].
    static constexpr std::size_t prepared_size = logical ? 0
                                                 : flat  ? G.taps() * repeated
                                                         : G.groups * panels * G.taps() * panel_width;

    /// Parts of `prepare` that do not depend on each other.
    static constexpr std::size_t prepare_tasks = flat ? 1 : G.groups * panels;

    /// Reads `G.weights_size()` elements, writes `prepared_size`; lanes without a filter become zero.
    static void prepare(const T* logical_weights, T* prepared) {
        prepare(logical_weights, prepared, {0, prepare_tasks});
    }
    static void prepare(const T* logical_weights, T* prepared, range tasks) {
        if constexpr (flat)
            for (std::size_t tap = 0; tap < G.taps(); ++tap)
                detail::repeat_weights(logical_weights + tap * G.out.channels, 1, G.out.channels,
                                       prepared + tap * repeated);
        else if constexpr (!logical)
            for (std::size_t task = tasks.first; task < tasks.last; ++task) {
                const std::size_t first = task % panels * panel_width, rest = G.group_filters() - first;
                const std::size_t used = rest < panel_width ? rest : panel_width;
                const T* from = logical_weights + task / panels * G.group_filters() + first;
                T* to = prepared + task * G.taps() * panel_width;
                for (std::size_t tap = 0; tap < G.taps(); ++tap, from += G.out.channels, to += panel_width) {
                    if (used == panel_width) {
                        for (std::size_t f = 0; f < panel_width; f += lane_count<T>)
                            store(to + f, load(from + f));
                    } else {
                        for (std::size_t f = 0; f < panel_width; ++f) to[f] = f < used ? from[f] : T{};
                    }
                }
            }
    }
};

/// The weights `conv2d_backward_input` reads, always a copy: [group][panel][kernel row][kernel column][filter
/// of the group][channel in panel], where a panel holds channels of the input. Call `prepare` after each
/// change.
template <conv2d_geometry G, class T>
struct conv2d_transposed_weights {
    static constexpr detail::tile_shape tile = detail::backward_tile<T>(G);
    static constexpr std::size_t panel_width = tile.vectors * lane_count<T>;
    static constexpr std::size_t panels = detail::panels_of(G.group_inputs(), panel_width);
    static constexpr std::size_t row_panels = detail::panels_per_row(tile.vectors, panels);
    static constexpr std::size_t taps = G.win.kernel_height * G.win.kernel_width;
    static constexpr std::size_t panel_size = taps * G.group_filters() * panel_width;
    static constexpr detail::backward_way way = detail::choose_backward<T>(G);
    /// Lanes run along rows of pixels; prepared are [kernel row][kernel column][filter][channels in,
    /// repeated], both axes of the kernel turned around.
    static constexpr bool flat = way == detail::backward_way::flat;
    /// Lanes run along what one pixel gives to a row; prepared are the weights of `detail::prepare_segments`.
    static constexpr bool segments = way == detail::backward_way::segments;
    static constexpr std::size_t repeated = lane_count<T> + G.in.channels;
    static constexpr std::size_t prepared_size = flat            ? taps * G.out.channels * repeated
                                                 : segments      ? detail::segment_plan<T>(G).weights
                                                 : G.depthwise() ? G.weights_size()
                                                                 : G.groups * panels * panel_size;

    static constexpr std::size_t prepare_tasks = flat || segments || G.depthwise() ? 1 : G.groups * panels;

    /// Reads `G.weights_size()` elements, writes `prepared_size`; lanes without a channel become zero.
    static void prepare(const T* logical_weights, T* prepared) {
        prepare(logical_weights, prepared, {0, prepare_tasks});
    }
    static void prepare(const T* logical_weights, T* prepared, range tasks) {
        if constexpr (flat) {
            for (std::size_t tap = taps; tap-- > 0;)
                for (std::size_t f = 0; f < G.out.channels; ++f, prepared += repeated)
                    detail::repeat_weights(logical_weights + tap * G.in.channels * G.out.channels + f,
                                           G.out.channels, G.in.channels, prepared);
            return;
        }
        if constexpr (segments) {
            static constexpr conv2d_geometry geometry = G;
            static constexpr detail::segment_plan<T> plan(G);
            return detail::prepare_segments<T>(logical_weights, geometry, plan, prepared);
        }
        if constexpr (G.depthwise()) {  // each channel keeps its place
            for (std::size_t i = 0; i < G.weights_size(); ++i) prepared[i] = logical_weights[i];
            return;
        }
        constexpr std::size_t filters = G.group_filters(), inputs = G.group_inputs(), block = lane_count<T>;
        for (std::size_t task = tasks.first; task < tasks.last; ++task) {
            const std::size_t first = task % panels * panel_width;
            T* to = prepared + task * panel_size;
            for (std::size_t tap = 0; tap < taps; ++tap, to += filters * panel_width) {
                const T* from = logical_weights + tap * inputs * G.out.channels + task / panels * filters;
                for (std::size_t f0 = 0; f0 < filters; f0 += block)
                    for (std::size_t c0 = 0; c0 < panel_width; c0 += block)
                        if (f0 + block <= filters && first + c0 + block <= inputs)
                            detail::transpose_block(from + (first + c0) * G.out.channels + f0, G.out.channels,
                                                    to + f0 * panel_width + c0, panel_width);
                        else
                            transpose(from, to, first, f0, f0 + block < filters ? f0 + block : filters, c0,
                                      c0 + block);
            }
        }
    }

private:
    static void transpose(const T* from, T* to, std::size_t first, std::size_t f0, std::size_t f1,
                          std::size_t c0, std::size_t c1) {
        for (std::size_t f = f0; f < f1; ++f)
            for (std::size_t c = c0; c < c1; ++c)
                to[f * panel_width + c] =
                    first + c < G.group_inputs() ? from[(first + c) * G.out.channels + f] : T{};
    }
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
