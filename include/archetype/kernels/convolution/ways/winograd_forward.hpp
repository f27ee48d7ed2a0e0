// SPDX-License-Identifier: BSL-1.0
/// @file winograd_forward.hpp
/// Convolutions of 3 x 3 with stride 1 by Winograd's F(Tile x Tile, 3 x 3): cells of tiles become points, whose products with
/// the filters' points are summed over channels by register tiles, and become results.
#pragma once
#include <archetype/kernels/convolution/ways/winograd_transform.hpp>
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/vectors/transpose.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What is convolved, with its padding in memory: result (y, x) reads rows y to y + 2 and columns x to x + 2 from `first` on.
struct winograd_convolution {
    std::ptrdiff_t first = 0;
    std::size_t source_sample = 0, source_row = 0, source_pixel = 0, inputs = 1;
    image result;
};
constexpr winograd_convolution winograd_forward(const conv2d_geometry& g) {
    return {first_tap(g), g.in.sample_stride, g.in.row_stride, g.in.pixel_stride, g.in.channels, g.out};
}
/// The gradient of the input is the convolution of the output's gradient with the filters turned around.
constexpr winograd_convolution winograd_backward(const conv2d_backward_geometry& g) {
    const window& w = g.forward.win;
    const auto before = [](std::size_t pad, std::size_t distance) {
        return (static_cast<std::ptrdiff_t>(pad) - 2) * static_cast<std::ptrdiff_t>(distance);
    };
    return {static_cast<std::ptrdiff_t>(g.grad_out.offset) + before(w.pad_top, g.grad_out.row_stride) +
                before(w.pad_left, g.grad_out.pixel_stride),
            g.grad_out.sample_stride,
            g.grad_out.row_stride,
            g.grad_out.pixel_stride,
            g.forward.out.channels,
            g.grad_in};
}

/// Added to the distance between points: distances of powers of two would share few sets of a cache.
inline constexpr std::size_t winograd_gap = 16;
constexpr std::size_t rounded_up(std::size_t count, std::size_t to) { return (count + to - 1) / to * to; }

/// The extents that follow from a convolution's; `Shape` is the register tile.
template <class T, std::size_t Tile, tile_shape Shape>
struct winograd_extents {
    static constexpr std::size_t points = (Tile + 2) * (Tile + 2), width = lane_count<T>,
                                 panel_width = Shape.vectors * width;
    std::size_t tiles_x, tiles, channels, panels;

    constexpr winograd_extents(std::size_t height, std::size_t columns, std::size_t inputs,
                               std::size_t filters)
        : tiles_x((columns + Tile - 1) / Tile),
          tiles(tiles_x * ((height + Tile - 1) / Tile)),
          channels(rounded_up(inputs, width)),
          panels((filters + panel_width - 1) / panel_width) {}
    constexpr explicit winograd_extents(const winograd_convolution& c)
        : winograd_extents(c.result.height, c.result.width, c.inputs, c.result.channels) {}

    /// Elements between points of the cells and of the sums of a group of tiles.
    constexpr std::size_t cells(std::size_t group) const { return group * channels + winograd_gap; }
    constexpr std::size_t sums(std::size_t group) const {
        return rounded_up(group, Shape.rows) * panels * panel_width + winograd_gap;
    }
    constexpr std::size_t workspace(std::size_t group) const { return points * (cells(group) + sums(group)); }
};

/// Whole tiles at the beginning of the image, and what is left of the last.
constexpr std::size_t cells_left(std::size_t first, std::size_t all, std::size_t most) {
    return all - first < most ? all - first : most;
}

/// Points of one tile for all channels: of the `rows` x `columns` cells that there are; the others are zeros.
template <class Matrix, class T>
[[gnu::noinline]] void winograd_points_of(const T* from, std::size_t row, std::size_t pixel, std::size_t rows,
                                          std::size_t columns, std::size_t channels, T* to,
                                          std::size_t distance) {
    constexpr std::size_t cells = Matrix::columns, points = Matrix::rows, width = lane_count<T>;
    lanes<T> in[cells * cells], out[points * points];
    if (rows < cells || columns < cells)
        for (auto& cell : in) cell = broadcast(T(0));
    for (std::size_t c = 0; c < channels; c += width) {
        if (rows >= cells && columns >= cells) {
#pragma GCC unroll 6
            for (std::size_t y = 0; y < cells; ++y)
#pragma GCC unroll 6
                for (std::size_t x = 0; x < cells; ++x)
                    in[y * cells + x] = load(from + y * row + x * pixel + c);
        } else {
            for (std::size_t y = 0; y < rows && y < cells; ++y)
                for (std::size_t x = 0; x < columns && x < cells; ++x)
                    in[y * cells + x] = load(from + y * row + x * pixel + c);
        }
        winograd_square<Matrix, T>(in, out);
#pragma GCC unroll 36
        for (std::size_t p = 0; p < points * points; ++p) store(to + p * distance + c, out[p]);
    }
}

/// Results of one tile from the sums of its points: those that lie in the image.
/// @param at  the tile's first result
template <std::size_t Tile, class T, class Epilogue>
[[gnu::noinline]] void winograd_results_of(const T* sums, std::size_t distance, std::size_t panel_width,
                                           std::size_t panel_distance, const image& result, const place& at,
                                           const T* bias, T* out, const Epilogue& epilogue) {
    constexpr std::size_t side = Tile + 2, width = lane_count<T>;
    T* const to = out + result.offset + at.sample * result.sample_stride + at.y * result.row_stride +
                  at.x * result.pixel_stride;
    const std::size_t rows = cells_left(at.y, result.height, Tile),
                      columns = cells_left(at.x, result.width, Tile);
    for (std::size_t f = 0, in_panel = 0; f < result.channels; f += width, in_panel += width) {
        if (in_panel == panel_width) in_panel = 0, sums += panel_distance;
        lanes<T> in[side * side], values[Tile * Tile];
#pragma GCC unroll 36
        for (std::size_t p = 0; p < side * side; ++p) in[p] = load(sums + p * distance + in_panel);
        winograd_square<winograd_results<Tile>, T>(in, values);
        const lanes<T> start = bias != nullptr ? load(bias + f) : broadcast(T(0));
        const std::size_t left = result.channels - f;
#pragma GCC unroll 4
        for (std::size_t y = 0; y < Tile; ++y)
#pragma GCC unroll 4
            for (std::size_t x = 0; x < Tile; ++x)
                if (y < rows && x < columns) {
                    const lanes<T> value =
                        epilogue(values[y * Tile + x] + start, place{at.sample, at.y + y, at.x + x, f});
                    T* const cell = to + y * result.row_stride + x * result.pixel_stride + f;
                    if (left >= width)
                        store(cell, value);
                    else
                        store_partial(cell, value, left);
                }
    }
}

/// Runs over all tiles of the samples, `most` at a time.
/// @param weights    what `winograd_prepare` made
/// @param workspace  `workspace(most)` elements of the extents, or of all tiles if they are fewer
template <class T, std::size_t Tile, tile_shape Shape, class Epilogue>
void run_winograd(const winograd_convolution& c, const T* in, const T* weights, const T* bias, T* out,
                  const Epilogue& epilogue, range samples, std::size_t most, T* workspace) {
    using extents = winograd_extents<T, Tile, Shape>;
    const extents e(c);
    constexpr std::size_t side = Tile + 2, points = extents::points;
    const std::size_t all = samples.size() * e.tiles;
    if (all == 0) return;
    // Groups of the same size, so that the last is no rest.
    const std::size_t groups = (all + most - 1) / most,
                      even = rounded_up((all + groups - 1) / groups, Shape.rows);
    const std::size_t group = even < most ? even : most < all ? most : all;
    const std::size_t cells = e.cells(group), sums = e.sums(group);
    const std::size_t panel_next = c.inputs * extents::panel_width,
                      tile_size = Shape.rows * extents::panel_width;
    T *const cell_points = workspace, *const sum_points = workspace + points * cells;
    nest n;
    n.inner = c.inputs, n.row_inner = 1, n.panel_inner = static_cast<std::ptrdiff_t>(extents::panel_width);
    const auto place_of = [&](std::size_t tile) {
        const std::size_t of_sample = tile % e.tiles;
        return place{samples.first + tile / e.tiles, of_sample / e.tiles_x * Tile,
                     of_sample % e.tiles_x * Tile, 0};
    };
    for (std::size_t first = 0; first < all; first += group) {
        const std::size_t count = cells_left(first, all, group);
        for (std::size_t t = 0; t < count; ++t) {
            const place at = place_of(first + t);
            const T* const from =
                in + (c.first + static_cast<std::ptrdiff_t>(at.sample * c.source_sample +
                                                            at.y * c.source_row + at.x * c.source_pixel));
            winograd_points_of<winograd_input<Tile>>(
                from, c.source_row, c.source_pixel, cells_left(at.y, c.result.height + 2, side),
                cells_left(at.x, c.result.width + 2, side), c.inputs, cell_points + t * e.channels, cells);
        }
        for (std::size_t p = 0; p < points; ++p)
            for (std::size_t panel = 0; panel < e.panels; ++panel)
                for (std::size_t t = 0; t < count; t += Shape.rows) {
                    // The last register tile repeats its last row; nobody reads what comes out of the copies.
                    const T* rows[Shape.rows];
                    for (std::size_t r = 0; r < Shape.rows; ++r)
                        rows[r] = cell_points + p * cells + (t + r < count ? t + r : count - 1) * e.channels;
                    tile_product<T, Shape.rows, Shape.vectors>(
                        rows, 0, weights + (p * e.panels + panel) * panel_next, n, zeros<T>, 0,
                        sum_points + p * sums + (t / Shape.rows * e.panels + panel) * tile_size);
                }
        for (std::size_t t = 0; t < count; ++t)
            winograd_results_of<Tile>(
                sum_points + t / Shape.rows * e.panels * tile_size + t % Shape.rows * extents::panel_width,
                sums, extents::panel_width, tile_size, c.result, place_of(first + t), bias, out, epilogue);
    }
}

/// Elements of the filters' points: [point][panel][channel in][filter in panel].
template <class T, std::size_t Tile>
constexpr std::size_t winograd_weights_size(std::size_t inputs, std::size_t filters,
                                            std::size_t panel_width) {
    return (Tile + 2) * (Tile + 2) * rounded_up(filters, panel_width) * inputs;
}

/// Points of the filters, computed in double; lanes without a filter become zero. `Turned`: for the gradient of the input, of
/// the filters turned around, where `inputs` are the layer's filters and `filters` its input channels.
/// @param weights  the layer's [3][3][channel in][filter]
template <class T, std::size_t Tile, bool Turned>
[[gnu::noinline]] void winograd_prepare(const T* weights, std::size_t inputs, std::size_t filters,
                                        std::size_t panel_width, T* prepared) {
    constexpr std::size_t side = Tile + 2, width = lane_count<T>, wide = lane_count<double>;
    const std::size_t panels = (filters + panel_width - 1) / panel_width,
                      distance = panels * inputs * panel_width;
    T block[9][width * width], points[side * side][width];
    for (std::size_t first = 0; first < panels * panel_width; first += width)
        for (std::size_t c0 = 0; c0 < inputs; c0 += width) {
            // block[tap]: [channel in][filter]
            const std::size_t used = first < filters ? cells_left(first, filters, width) : 0,
                              channels = cells_left(c0, inputs, width);
            for (std::size_t tap = 0; tap < 9; ++tap) {
                const T* const from = weights + (Turned ? 8 - tap : tap) * inputs * filters;
                T* const to = block[tap];
                if (Turned && used == width && channels == width) {
                    transpose_block(from + first * inputs + c0, inputs, to, width);
                    continue;
                }
                for (std::size_t c = 0; c < channels; ++c)
                    for (std::size_t f = 0; f < width; ++f)
                        to[c * width + f] = f >= used ? T(0)
                                            : Turned  ? from[(first + f) * inputs + c0 + c]
                                                      : from[(c0 + c) * filters + first + f];
            }
            T* to = prepared + (first / panel_width * inputs + c0) * panel_width + first % panel_width;
            for (std::size_t c = 0; c < channels; ++c, to += panel_width) {
                for (std::size_t part = 0; part < width; part += wide) {
                    lanes<double> in[9], out[side * side];
                    double numbers[wide];
                    for (std::size_t tap = 0; tap < 9; ++tap) {
                        for (std::size_t i = 0; i < wide; ++i)
                            numbers[i] =
                                part + i < width ? static_cast<double>(block[tap][c * width + part + i]) : 0;
                        in[tap] = load(numbers);
                    }
                    winograd_square<winograd_filter<Tile>, double>(in, out);
                    for (std::size_t p = 0; p < side * side; ++p) {
                        store(numbers, out[p]);
                        for (std::size_t i = 0; i < wide && part + i < width; ++i)
                            points[p][part + i] = static_cast<T>(numbers[i]);
                    }
                }
                for (std::size_t p = 0; p < side * side; ++p) store(to + p * distance, load(points[p]));
            }
        }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
