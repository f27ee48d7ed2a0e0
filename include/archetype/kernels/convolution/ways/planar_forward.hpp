// SPDX-License-Identifier: BSL-1.0
/// @file planar_forward.hpp
/// Convolutions of one channel with few filters. Lanes run along the pixels of one filter: a tap is an unaligned load
/// from the image itself times one weight. The rows of the image count on through its halo, so that vectors need not
/// end with a row; what they compute between two rows is dropped.
#pragma once
#include <archetype/kernels/convolution/ways/channel_planes.hpp>
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <archetype/kernels/images/finish_row.hpp>
#include <archetype/kernels/products/tile_product.hpp>
#include <cstddef>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether lanes can run along the pixels of `g`.
constexpr bool can_be_planar(const conv2d_geometry& g) {
    return g.groups == 1 && g.in.channels == 1 && g.in.pixel_stride == 1 && g.win.stride_height == 1 &&
           g.win.stride_width == 1;
}

/// How `g` is cut for vectors of `T`: blocks of rows, whose positions are cut into tiles.
template <class T>
struct planar_plan {
    tile_shape tile;
    std::size_t rows = 1, positions = 1, tiles = 1;  // rows of a block, positions in it and tiles over them
    std::size_t tile_width = 1, plane = 1;           // of a tile; distance between planes
    std::size_t row_length = 1, workspace = 0;
    double cost = 1e30;  // of a sample, in vector operations

    explicit constexpr planar_plan(const conv2d_geometry& g) {
        constexpr std::size_t width = lane_count<T>;
        if (width == 1 || !can_be_planar(g) || g.out.channels >= width) return;
        const std::size_t filters = g.out.channels, taps = g.taps();
        tile = choose_tile<T>(filters, g.out.height * g.in.row_stride);
        tile_width = tile.vectors * width;
        const std::size_t groups = (filters + tile.rows - 1) / tile.rows;
        if (groups != 1) return;
        std::size_t best = static_cast<std::size_t>(-1);
        for (std::size_t r = 1; r <= g.out.height && (r == 1 || r * g.in.row_stride <= 512); ++r) {
            const std::size_t count = (r - 1) * g.in.row_stride + g.out.width;
            const std::size_t needed = (count + tile_width - 1) / tile_width;
            const std::size_t total = (g.out.height + r - 1) / r * needed;
            if (total < best) best = total, rows = r, positions = count, tiles = needed;
        }
        plane = tiles == 1 ? tile_width : tiles * tile_width + width;
        const std::size_t blocks_in_row = (g.out.width + width - 1) / width;
        row_length = blocks_in_row * width * filters;
        workspace = 2 * tile.rows * tile_width + (tiles == 1 ? 0 : filters * plane) + row_length + 2 * width;
        if (workspace * sizeof(T) > 65536) return;  // inference has it on the stack
        const std::size_t block = permutes_lanes<T> ? filters * filters : 2 * filters * width;
        cost = double(best * tile.rows * tile.vectors * taps) * (tile.vectors == 1 ? 1.33 : 1.0) +
               double(g.out.height * blocks_in_row * block);
    }
};

/// Computes a block of rows after the other: `consume(sample, y, first, planes)` finds row y + r of filter f, for
/// first <= r < plan.rows, at planes + f * plan.plane + r * G.in.row_stride. With the logical weights.
template <class T, conv2d_geometry G, class Consumer>
ARCHETYPE_INLINE void for_planar_blocks(const T* in, const T* weights, const T* bias, range samples,
                                        T* workspace, const Consumer& consume) {
    constexpr planar_plan<T> plan(G);
    constexpr std::size_t width = lane_count<T>, filters = G.out.channels, rows = plan.tile.rows;
    constexpr auto step = [](std::size_t distance) { return static_cast<std::ptrdiff_t>(distance); };
    T* const initial = workspace;
    T* const sums = initial + rows * plan.tile_width;
    T* const planes = plan.tiles == 1 ? sums : sums + rows * plan.tile_width;
    const T* factor[rows];
    for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t filter = r < filters ? r : filters - 1;
        factor[r] = weights + filter;
        for (std::size_t v = 0; v < plan.tile.vectors; ++v)
            store(initial + r * plan.tile_width + v * width, broadcast(bias != nullptr ? bias[filter] : T{}));
    }
    nest n;
    n.middle = G.win.kernel_height, n.inner = G.win.kernel_width;
    n.row_inner = step(filters), n.row_middle = step(G.win.kernel_width * filters);
    n.panel_inner = step(G.win.dilation_width),
    n.panel_middle = step(G.win.dilation_height * G.in.row_stride);
    for (std::size_t sample = samples.first; sample < samples.last; ++sample)
        for (std::size_t next = 0; next < G.out.height; next += plan.rows) {
            // The last block may compute rows again that are already there; it does not hand them over again.
            const std::size_t y = next + plan.rows <= G.out.height ? next : G.out.height - plan.rows;
            const T* const block = in + first_tap(G) + sample * G.in.sample_stride + y * G.in.row_stride;
            for (std::size_t tile = 0; tile < plan.tiles; ++tile) {
                // So does the last tile, which may not read far beyond the image.
                std::size_t at = tile * plan.tile_width;
                if (tile != 0 && at + plan.tile_width > plan.positions) at = plan.positions - plan.tile_width;
                tile_product<T, rows, plan.tile.vectors>(factor, 0, block + at, n, initial, plan.tile_width,
                                                         sums);
                if constexpr (plan.tiles != 1)
                    for (std::size_t f = 0; f < filters; ++f)
                        for (std::size_t v = 0; v < plan.tile_width; v += width)
                            store(planes + f * plan.plane + at + v, load(sums + f * plan.tile_width + v));
            }
            consume(sample, y, next - y, planes);
        }
}

/// The memory of `for_planar_blocks` that is free for a row of results.
template <class T, conv2d_geometry G>
constexpr std::size_t planar_row_offset() {
    constexpr planar_plan<T> plan(G);
    constexpr std::size_t sums = plan.tile.rows * plan.tile_width;
    return (plan.tiles == 1 ? 2 * sums : 2 * sums + G.out.channels * plan.plane) + lane_count<T>;
}

/// The whole convolution for a range of samples.
template <class T, conv2d_geometry G, class Epilogue>
void run_planar(const T* in, const T* weights, const T* bias, T* out, const Epilogue& epilogue, range samples,
                T* workspace) {
    constexpr planar_plan<T> plan(G);
    constexpr std::size_t width = lane_count<T>, filters = G.out.channels;
    T* const mixed = workspace + planar_row_offset<T, G>();
    for_planar_blocks<T, G>(
        in, weights, bias, samples, workspace,
        [&](std::size_t sample, std::size_t y, std::size_t first, const T* planes)
            __attribute__((always_inline)) {
                for (std::size_t r = first; r < plan.rows; ++r) {
                    const T* const row = planes + r * G.in.row_stride;
                    if constexpr (runs_across_pixels<Epilogue> && G.out.pixel_stride == filters) {
                        constexpr std::size_t run = G.out.width * filters;
                        T* const to =
                            out + G.out.offset + sample * G.out.sample_stride + (y + r) * G.out.row_stride;
                        interleave_planes<T, filters>(
                            row, plan.plane, G.out.width,
                            mixed, [&](std::size_t at, const lanes<T>& value) __attribute__((always_inline)) {
                                const place where{sample, y + r, at / filters, at % filters};
                                store_partial(to + at, epilogue(value, where),
                                              run - at < width ? run - at : width);
                            });
                    } else {
                        interleave_planes<T, filters>(
                            row, plan.plane, G.out.width,
                            mixed, [&](std::size_t at, const lanes<T>& value) __attribute__((always_inline)) {
                                store(mixed + at, value);
                            });
                        finish_row<T, G.out>(mixed, out, sample, y + r, epilogue);
                    }
                }
            });
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
