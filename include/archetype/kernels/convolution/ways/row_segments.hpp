// SPDX-License-Identifier: BSL-1.0
/// @file row_segments.hpp
/// The gradient of a convolution's input with few channels. What one pixel of the output's gradient gives to one
/// row of the input's gradient is a segment of kernel_width * channels neighbouring elements, which fills vectors
/// where the channels alone do not. The segments of a row are one matrix product, summed over the kernel's rows and
/// the filters in registers; then each pixel of the result adds up the pieces of the segments that cover it.
#pragma once
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/products/tile_product.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// How the segments of `g` are cut for vectors of `T`; only for one group and without dilation.
template <class T>
struct segment_plan {
    tile_shape tile;
    std::size_t panel_width = 1, panels = 1;
    std::size_t row = 1;                // distance between the segments of neighbouring pixels
    std::size_t before = 0, after = 0;  // segments of zeros around those of a row
    std::size_t panel_size = 1, weights = 0, workspace = 0;
    double cost = 1e30;  // of a sample in vector operations

    explicit constexpr segment_plan(const conv2d_geometry& g) {
        const window& w = g.win;
        const std::size_t length = w.kernel_width * g.in.channels, filters = g.out.channels;
        tile = choose_tile<T>(g.out.width, length);
        panel_width = tile.vectors * lane_count<T>;
        panels = (length + panel_width - 1) / panel_width;
        row = panels * panel_width;
        before = cells_before(w.kernel_width, 1, w.stride_width, w.pad_left);
        after = cells_after(g.in.width, g.out.width, w.stride_width, w.pad_left);
        panel_size = w.kernel_height * filters * panel_width;
        weights = panels * panel_size;
        workspace = (before + g.out.width + after) * row + lane_count<T>;
        if (g.groups != 1 || w.dilation_height != 1 || w.dilation_width != 1 || lane_count<T> == 1) return;
        const std::size_t rows = (g.out.width + tile.rows - 1) / tile.rows * tile.rows;
        const std::size_t vectors = (g.in.channels + lane_count<T> - 1) / lane_count<T>;
        cost = double(g.out.height * w.kernel_height * rows * panels * tile.vectors * filters) *
                   (tile.vectors == 1 ? 1.33 : 1.0) +
               2.0 * double(g.in.height * g.in.width * (w.kernel_width / w.stride_width + 1) * vectors);
    }
};

/// Writes weights as [panel][kernel row][filter][lane of the panel], lane kernel column * channels + channel.
template <class T>
void prepare_segments(const T* logical, const conv2d_geometry& g, const segment_plan<T>& plan, T* to) {
    const std::size_t length = g.win.kernel_width * g.in.channels, filters = g.out.channels;
    for (std::size_t panel = 0; panel < plan.panels; ++panel)
        for (std::size_t ky = 0; ky < g.win.kernel_height; ++ky)
            for (std::size_t f = 0; f < filters; ++f)
                for (std::size_t lane = 0; lane < plan.panel_width; ++lane) {
                    const std::size_t at = panel * plan.panel_width + lane;
                    *to++ = at < length ? logical[(ky * length + at) * filters + f] : T{};
                }
}

/// The gradient of the input for a range of samples.
template <class T, conv2d_backward_geometry G, class Epilogue>
void run_segments(const T* grad_out, const T* weights, T* grad_in, const Epilogue& epilogue, range samples,
                  T* workspace) {
    constexpr conv2d_geometry f = G.forward;
    constexpr window w = f.win;
    constexpr segment_plan<T> plan(f);
    constexpr std::size_t width = lane_count<T>, rows = plan.tile.rows, vectors = plan.tile.vectors,
                          filters = f.out.channels, channels = f.in.channels;
    constexpr std::size_t rounded = (f.out.width + rows - 1) / rows * rows;
    constexpr auto step = [](std::size_t distance) { return static_cast<std::ptrdiff_t>(distance); };
    for (std::size_t i = 0; i < plan.workspace; ++i) workspace[i] = T{};
    T* const segments = workspace + plan.before * plan.row;
    const T* source[rounded];
    T tile[rows * plan.panel_width];
    nest n;
    n.inner = filters, n.row_inner = 1, n.panel_inner = step(plan.panel_width);
    n.row_outer = -step(G.grad_out.row_stride),
    n.panel_outer = step(w.stride_height * filters * plan.panel_width);
    for (std::size_t sample = samples.first; sample < samples.last; ++sample) {
        const T* const base = grad_out + G.grad_out.offset + sample * G.grad_out.sample_stride;
        for (std::size_t x = 0; x < rounded; ++x)
            source[x] = base + (x < f.out.width ? x : f.out.width - 1) * G.grad_out.pixel_stride;
        for (std::size_t y = 0; y < f.in.height; ++y) {
            // Kernel rows first, first + stride, ... meet rows last, last - 1, ... of the output's gradient.
            const std::size_t position = y + w.pad_top, end = (f.out.height - 1) * w.stride_height;
            const std::size_t first = position > end ? position - end : position % w.stride_height;
            const std::size_t limit = position < w.kernel_height ? position + 1 : w.kernel_height;
            n.outer = first < limit ? (limit - first + w.stride_height - 1) / w.stride_height : 0;
            const std::ptrdiff_t shift =
                n.outer != 0 ? step((position - first) / w.stride_height * G.grad_out.row_stride) : 0;
            for (std::size_t panel = 0; panel < plan.panels; ++panel) {
                const T* const panel_weights = weights + panel * plan.panel_size +
                                               (n.outer != 0 ? first * filters * plan.panel_width : 0);
                for (std::size_t x = 0; x < f.out.width; x += rows) {
                    const std::size_t used = f.out.width - x < rows ? f.out.width - x : rows;
                    T* const to = segments + x * plan.row + panel * plan.panel_width;
                    const bool direct = plan.panels == 1 && used == rows;
                    tile_product<T, rows, vectors>(source + x, shift, panel_weights, n, zeros<T>, 0,
                                                   direct ? to : tile);
                    if (direct) continue;
                    for (std::size_t r = 0; r < used; ++r)
                        for (std::size_t v = 0; v < vectors; ++v)
                            store(to + r * plan.row + v * width, load(tile + (r * vectors + v) * width));
                }
            }
            T* const result =
                grad_in + G.grad_in.offset + sample * G.grad_in.sample_stride + y * G.grad_in.row_stride;
            for (std::size_t x = 0; x < f.in.width; ++x) {
                const std::size_t column = x + w.pad_left, kx = column % w.stride_width;
                // With kernel column kx; the next one, kx + stride, is the piece of the segment before.
                const T* const newest =
                    workspace + (plan.before + column / w.stride_width) * plan.row + kx * channels;
                for (std::size_t c = 0; c < channels; c += width) {
                    const T* at = newest + c;
                    lanes<T> value = kx < w.kernel_width ? load(at) : broadcast(T{});
                    for (std::size_t k = w.stride_width; k < w.kernel_width; k += w.stride_width) {
                        if (w.stride_width > 1 && kx + k >= w.kernel_width) break;
                        at += step(w.stride_width * channels) - step(plan.row);
                        value = value + load(at);
                    }
                    store_partial(result + x * G.grad_in.pixel_stride + c,
                                  epilogue(value, place{sample, y, x, c}),
                                  channels - c < width ? channels - c : width);
                }
            }
        }
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
