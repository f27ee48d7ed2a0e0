// SPDX-License-Identifier: BSL-1.0
/// @file int8_geometry.hpp
/// Convolutions and dense layers as 8-bit kernels see them.
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
    /// Of the geometry that the weights are packed for, where it is another (rows of a stream): results that are computed at
    /// once, and cells of the pooling. 0: this one's.
    std::size_t packed_count = 0, packed_cells = 0;
    constexpr bool operator==(const int8_conv2d_geometry&) const = default;

    /// A 1 x 1 convolution of an image without gaps is one of a single long row, wherever its results lie.
    constexpr bool is_flat() const {
        return conv.win == window{} && conv.groups == 1 && pool == int8_pooling{} && conv.in.contiguous();
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
    static constexpr std::size_t whole(std::size_t results) { return (results + 3) / 4 * 4; }

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
    /// Where the patch of a result begins, without the offset of the first tap, and where the result lies.
    constexpr std::size_t in_offset(std::size_t line, std::size_t place) const {
        const std::size_t y = is_vertical() ? place : line, x = is_vertical() ? line : place;
        return y * pool.stride_height * down() + x * pool.stride_width * right();
    }
    constexpr std::size_t out_offset(std::size_t line, std::size_t place) const {
        const std::size_t row = is_vertical() ? place : line, at = is_vertical() ? line : place;
        const std::size_t y = is_flat() ? at / stored.width : row, x = is_flat() ? at % stored.width : at;
        return stored.offset + y * stored.row_stride + x * stored.pixel_stride;
    }

    constexpr std::size_t weights_count() const { return packed_count != 0 ? packed_count : pixels().count; }
    constexpr std::size_t weights_cells() const { return packed_cells != 0 ? packed_cells : pool.cells(); }

    /// The results that are computed at once: neighbours in a row, or cells of a window of the pooling.
    constexpr int8_pixels pixels() const {
        int8_pixels at;
        at.packed_count = packed_count;
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

    /// Patches of four results are spread to pairs of 16-bit numbers in front of the filters, with two bytes of stack for each.
    constexpr bool spreads_patches(weight_order order) const {
        return order == weight_order::paired && weights_cells() == 1 && conv.groups == 1 &&
               weights_count() == 4 && patch().taps() <= 256 && conv.out.channels % 2 == 0;
    }
    /// Short runs of a patch leave lanes empty, or cost a loop each: then patches are collected in front of the filters, each
    /// without gaps.
    constexpr bool collects_patches(weight_order order) const {
        const int8_patch one = patch();
        if (spreads_patches(order)) return true;
        if (order == weight_order::lanes || weights_cells() != 1 || one.runs() == 1 || one.taps() > 64 ||
            conv.groups != 1)
            return false;
        const std::size_t vectors = one.runs() * ((one.length + 15) / 16), least = (one.taps() + 15) / 16;
        return order == weight_order::paired ? one.length <= 12 : 4 * vectors > 5 * least;
    }
    /// The patch that weights are packed for.
    constexpr int8_patch packed_patch(weight_order order) const {
        return collects_patches(order) ? int8_patch{1, 0, 1, 0, patch().taps()} : patch();
    }
    /// The positions in collected patches.
    static constexpr std::size_t collected_distance(std::size_t taps) { return (taps + 15) / 16 * 16 + 16; }
    constexpr int8_pixels packed_pixels(weight_order order) const {
        int8_pixels at = pixels();
        for (std::size_t p = 0; collects_patches(order) && p < at.count; ++p)
            at.offset[p] = p * collected_distance(patch().taps());
        return at;
    }

    /// Filters of a group in whole tiles, and of the layer.
    constexpr std::size_t padded_group(weight_order order) const {
        return padded_filters(order, weights_count(), conv.group_filters());
    }
    constexpr std::size_t padded(weight_order order) const { return conv.groups * padded_group(order); }
    constexpr std::size_t group_bytes(weight_order order) const {
        return packed_bytes(order, weights_count(), packed_patch(order), conv.group_filters());
    }
};

/// Whether a depthwise convolution may write where it reads: a normalization does. Then no result is computed twice.
constexpr bool may_be_in_place(const conv2d_geometry& g) { return g.win == window{}; }

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

/// Where the results of a tile lie, from the first one's place in its line on; kept in `own` where they depend on that.
template <int8_conv2d_geometry G>
ARCHETYPE_INLINE const std::size_t* places_of_tile([[maybe_unused]] std::size_t place,
                                                   [[maybe_unused]] std::size_t (&own)[4]) {
    constexpr std::size_t stride = G.is_vertical() ? G.stored.row_stride : G.stored.pixel_stride;
    if constexpr (G.is_flat() && !G.stored.contiguous()) {  // a tile may end a row and begin the next ones
        std::size_t x = place % G.stored.width, next = 0;
        for (std::size_t p = 0; p < G.pixels().count; ++p) {
            own[p] = next;
            next += stride;
            if (++x == G.stored.width) {
                next += G.stored.row_stride - G.stored.width * stride;
                x = 0;
            }
        }
        return own;
    } else {
        return neighbours_at<stride>;
    }
}

/// Copies `Length` bytes and no others, in words where there are as many: the last one overlaps the one before it.
template <std::size_t Length>
ARCHETYPE_INLINE void copy_run(const std::int8_t* from, std::int8_t* to) {
    constexpr std::size_t piece = Length >= 16 ? 16 : Length >= 8 ? 8 : Length >= 4 ? 4 : Length;
    for (std::size_t k = 0; k + piece <= Length; k += piece) __builtin_memcpy(to + k, from + k, piece);
    if constexpr (Length % piece != 0) __builtin_memcpy(to + Length - piece, from + Length - piece, piece);
}

/// The patches of some pixels, `Distance` apart.
template <int8_patch Patch, int8_pixels Pixels, std::size_t Distance>
ARCHETYPE_INLINE void collect_patches(const std::int8_t* in, std::int8_t* to) {
#pragma GCC unroll 1
    for (std::size_t p = 0; p < Pixels.count; ++p) {
        std::int8_t* at = to + p * Distance;
        for_runs<Patch>(
            in + Pixels.offset[p], [&](const std::int8_t* run) __attribute__((always_inline)) {
                copy_run<Patch.length>(run, at);
                at += Patch.length;
            });
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
