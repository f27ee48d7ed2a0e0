// SPDX-License-Identifier: BSL-1.0
/// @file int8_conv2d.hpp
/// Convolutions and dense layers of 8-bit numbers, with activation and pooling of their results.
#pragma once
#include <archetype/kernels/images/convolution_geometry.hpp>
#include <archetype/kernels/integers/int8_products.hpp>
#include <archetype/kernels/integers/int8_requantize.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A pooling of a convolution's results that never stores them: windows do not overlap and are not clipped.
struct int8_pooling {
    std::size_t height = 1, width = 1, stride_height = 1, stride_width = 1;
    bool is_max = true;
    constexpr bool operator==(const int8_pooling&) const = default;
    constexpr std::size_t cells() const { return height * width; }
};

/// A convolution as 8-bit kernels see it. `stored` is the image written: the convolution's, or the pooling's.
struct int8_conv2d_geometry {
    conv2d_geometry conv;
    image stored;
    int8_pooling pool{};
    bool has_table = false, has_pool_table = false;  ///< activations, before and after the pooling
    constexpr bool operator==(const int8_conv2d_geometry&) const = default;

    /// A 1 x 1 convolution of images without gaps is one of a single long row.
    constexpr bool is_flat() const {
        return conv.win == window{} && conv.groups == 1 && pool == int8_pooling{} && conv.in.contiguous() &&
               stored.contiguous();
    }
    constexpr std::size_t rows() const { return is_flat() ? 1 : stored.height; }
    constexpr std::size_t columns() const { return is_flat() ? stored.height * stored.width : stored.width; }
    /// Tiles of four neighbours lie along columns where fewer results are computed twice so.
    constexpr bool is_vertical() const {
        return pool.cells() == 1 && whole(rows()) * columns() < whole(columns()) * rows();
    }
    /// Results of a line of tiles, and lines.
    constexpr std::size_t length() const { return is_vertical() ? rows() : columns(); }
    constexpr std::size_t lines() const { return is_vertical() ? columns() : rows(); }
    static constexpr std::size_t whole(std::size_t results) {
        return results < 4 ? results : (results + 3) / 4 * 4;
    }

    /// What one result depends on.
    constexpr int8_patch patch() const {
        const window& w = conv.win;
        const std::size_t down = w.dilation_height * conv.in.row_stride;
        if (conv.groups == 1 && w.dilation_width == 1 && conv.in.pixel_stride == conv.in.channels)
            return {w.kernel_height, down, 1, 0, w.kernel_width * conv.in.channels};
        return {w.kernel_height, down, w.kernel_width, w.dilation_width * conv.in.pixel_stride,
                conv.group_inputs()};
    }
    /// Distances between neighbouring results' patches.
    constexpr std::size_t down() const { return conv.win.stride_height * conv.in.row_stride; }
    constexpr std::size_t right() const { return conv.win.stride_width * conv.in.pixel_stride; }

    /// The results that are computed at once: neighbours in a row, or cells of a window of the pooling.
    constexpr int8_pixels pixels() const {
        int8_pixels at;
        if (pool.cells() == 1) {
            at.count = length() < 4 ? length() : 4;
            for (std::size_t i = 0; i < at.count; ++i) at.offset[i] = i * (is_vertical() ? down() : right());
        } else if (pool.cells() <= 4) {
            at.count = pool.cells();
            for (std::size_t i = 0; i < at.count; ++i)
                at.offset[i] = i / pool.width * down() + i % pool.width * right();
        } else {
            at.count = pool.width % 4 == 0 ? 4 : pool.width % 3 == 0 ? 3 : pool.width % 2 == 0 ? 2 : 1;
            for (std::size_t i = 0; i < at.count; ++i) at.offset[i] = i * right();
        }
        return at;
    }

    /// Filters of a group in whole tiles, and of the layer.
    constexpr std::size_t padded_group(weight_order order) const {
        return padded_filters(order, pixels().count, conv.group_filters());
    }
    constexpr std::size_t padded(weight_order order) const { return conv.groups * padded_group(order); }
    constexpr std::size_t group_bytes(weight_order order) const {
        return packed_bytes(order, pixels().count, patch(), conv.group_filters());
    }
};

/// What the convolution reads beside its input. Padded filters have channels and weights, too.
struct int8_conv2d_weights {
    const int8_channel* channels;
    const std::int8_t* packed;
    const std::int8_t *table, *pool_table;  ///< 256 results, the one of -128 first
    int8_range range;
};

ARCHETYPE_INLINE std::int8_t look_up(const std::int8_t* table, std::int8_t x) { return table[x + 128]; }

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// One result of a pooling for each filter of a tile.
template <weight_order Order, int8_conv2d_geometry G>
ARCHETYPE_INLINE void pool_tile(const std::int8_t* in, const std::int8_t* packed,
                                const int8_channel* channels, std::size_t filters,
                                const int8_conv2d_weights& weights, std::int8_t* out) {
    constexpr int8_pixels pixels = G.pixels();
    constexpr std::size_t tile = tile_filters(Order, pixels.count);
    constexpr bool by_sums = G.pool.is_max && !G.has_table;  // requantization keeps the order
    constexpr bool at_once = pixels.count == G.pool.cells();
    std::int32_t pooled[tile] = {};
    const auto take = [&](const std::int8_t* patch, bool first) __attribute__((always_inline)) {
        std::int32_t sums[pixels.count * tile];
        int8_products<Order, G.patch(), pixels>(patch, packed, sums);
        std::int8_t results[pixels.count * tile];
        if constexpr (!by_sums)
            requantize_tile<(pixels.count > tile)>(sums, pixels.count, tile, tile, channels, weights.range,
                                                   results, tile);
#pragma GCC unroll 4
        for (std::size_t f = 0; f < tile; ++f)
#pragma GCC unroll 4
            for (std::size_t p = 0; p < pixels.count; ++p) {
                std::int32_t value;
                if constexpr (by_sums)
                    value = sums[p * tile + f];
                else if constexpr (G.has_table)
                    value = look_up(weights.table, results[p * tile + f]);
                else
                    value = results[p * tile + f];
                if constexpr (G.pool.is_max)
                    pooled[f] = (first && p == 0) || value > pooled[f] ? value : pooled[f];
                else
                    pooled[f] += value;
            }
    };
    if constexpr (at_once) {
        take(in, true);
    } else {
        for (std::size_t y = 0; y < G.pool.height; ++y)
            for (std::size_t x = 0; x < G.pool.width; x += pixels.count)
                take(in + y * G.down() + x * G.right(), y + x == 0);
    }
    if constexpr (by_sums) requantize_tile<false>(pooled, 1, tile, filters, channels, weights.range, out, 0);
    if constexpr (!by_sums || G.has_pool_table)
        for (std::size_t f = 0; f < filters; ++f) {
            std::int8_t result = out[f];
            if constexpr (!by_sums)
                result = static_cast<std::int8_t>(
                    G.pool.is_max ? pooled[f]
                                  : rounded_mean(pooled[f], static_cast<std::int32_t>(G.pool.cells())));
            if constexpr (G.has_pool_table) result = look_up(weights.pool_table, result);
            out[f] = result;
        }
}

/// Several results of a line for each filter of a tile.
template <weight_order Order, int8_conv2d_geometry G>
ARCHETYPE_INLINE void line_tile(const std::int8_t* in, const std::int8_t* packed,
                                const int8_channel* channels, std::size_t filters,
                                const int8_conv2d_weights& weights, std::int8_t* out) {
    constexpr int8_pixels pixels = G.pixels();
    constexpr std::size_t tile = tile_filters(Order, pixels.count);
    constexpr std::size_t stride = G.is_vertical() ? G.stored.row_stride : G.stored.pixel_stride;
    std::int32_t sums[pixels.count * tile];
    int8_products<Order, G.patch(), pixels>(in, packed, sums);
    requantize_tile<(pixels.count > tile)>(sums, pixels.count, tile, filters, channels, weights.range, out,
                                           stride);
    if constexpr (G.has_table)
        for (std::size_t p = 0; p < pixels.count; ++p)
            for (std::size_t f = 0; f < filters; ++f)
                out[p * stride + f] = look_up(weights.table, out[p * stride + f]);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One sample. The halo of the input holds its zero point.
template <weight_order Order, int8_conv2d_geometry G>
void int8_conv2d(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
    constexpr int8_pixels pixels = G.pixels();
    constexpr std::size_t tile = tile_filters(Order, pixels.count), filters = G.conv.group_filters();
    constexpr std::size_t step = G.pool.cells() == 1 ? pixels.count : 1;
    constexpr std::size_t bytes = tile_bytes(Order, pixels.count, G.patch());
    const std::int8_t* const origin = in + kernels::detail::first_tap(G.conv);
    const std::int8_t* packed = weights.packed;
    const int8_channel* channels = weights.channels;
    for (std::size_t group = 0; group < G.conv.groups; ++group)
        for (std::size_t f = 0; f < filters; f += tile, packed += bytes, channels += tile)
            for (std::size_t line = 0; line < G.lines(); ++line)
                for (std::size_t at = 0; at < G.length(); at += step) {
                    // The last tile of a line begins earlier, and computes some results again.
                    const std::size_t place = at + step <= G.length() ? at : G.length() - step;
                    const std::size_t y = G.is_vertical() ? place : line, x = G.is_vertical() ? line : place;
                    const std::int8_t* const patch = origin + y * G.pool.stride_height * G.down() +
                                                     x * G.pool.stride_width * G.right() +
                                                     group * G.conv.group_inputs();
                    const std::size_t left = filters - f < tile ? filters - f : tile;
                    std::int8_t* const to = out + G.stored.offset + y * G.stored.row_stride +
                                            x * G.stored.pixel_stride + group * filters + f;
                    if constexpr (G.pool.cells() == 1)
                        detail::line_tile<Order, G>(patch, packed, channels, left, weights, to);
                    else
                        detail::pool_tile<Order, G>(patch, packed, channels, left, weights, to);
                }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
