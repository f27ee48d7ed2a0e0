// SPDX-License-Identifier: BSL-1.0
/// @file int8_conv2d.hpp
/// Convolutions and dense layers of 8-bit numbers, with activation and pooling of their results.
#pragma once
#include <archetype/kernels/integers/int8_geometry.hpp>
#include <archetype/kernels/integers/int8_pointwise.hpp>
#if defined(__ARM_FEATURE_MVE)
#include <archetype/kernels/integers/int8_conv2d_mve.hpp>
#elif defined(ARCHETYPE_DSP_SCALING)
#include <archetype/kernels/integers/int8_conv2d_dsp.hpp>
#elif defined(__AVX2__)
#include <archetype/kernels/integers/int8_conv2d_x86.hpp>
#endif

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// One result of a pooling for each filter of a tile.
template <weight_order Order, int8_conv2d_geometry G>
ARCHETYPE_INLINE void pool_tile(const std::int8_t* in, const std::int8_t* packed,
                                const int8_channel* channels, std::size_t filters,
                                const int8_conv2d_weights& weights, std::int8_t* out) {
    constexpr int8_pixels pixels = G.pixels();
    constexpr std::size_t tile = tile_filters(Order, G.weights_count());
    constexpr bool by_sums = G.pool.is_max && !G.has_table;  // requantization keeps the order
    constexpr bool at_once = pixels.count == G.pool.cells();
    std::int32_t pooled[tile] = {};
    const auto take = [&](const std::int8_t* patch, bool first) __attribute__((always_inline)) {
        std::int32_t sums[pixels.count * tile];
        int8_products<Order, G.patch(), pixels>(patch, packed, sums);
        std::int8_t results[pixels.count * tile];
        if constexpr (!by_sums)
            requantize_tile<(pixels.count > tile)>(sums, pixels.count, tile, tile, channels, weights.range,
                                                   results, neighbours_at<tile>);
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
    if constexpr (by_sums)
        requantize_tile<false>(pooled, 1, tile, filters, channels, weights.range, out, neighbours_at<0>);
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

/// Several results of a line, from `place` on, for each filter of a tile.
/// @tparam Collected  `in` are collected patches
template <weight_order Order, int8_conv2d_geometry G, bool Collected>
ARCHETYPE_INLINE void line_tile(const std::int8_t* in, const std::int8_t* packed,
                                const int8_channel* channels, std::size_t filters,
                                const int8_conv2d_weights& weights, std::int8_t* out, std::size_t place) {
    constexpr int8_pixels pixels = G.pixels();
    constexpr std::size_t tile = tile_filters(Order, G.weights_count());
    std::int32_t sums[pixels.count * tile];
    if constexpr (Collected)
        int8_products<Order, G.packed_patch(Order), G.packed_pixels(Order)>(in, packed, sums);
    else
        int8_products<Order, G.patch(), pixels>(in, packed, sums);
    [[maybe_unused]] std::size_t own[4];
    const std::size_t* const at = places_of_tile<G>(place, own);
    requantize_tile<(pixels.count > tile)>(sums, pixels.count, tile, filters, channels, weights.range, out,
                                           at);
    if constexpr (G.has_table)
        for (std::size_t p = 0; p < pixels.count; ++p)
            for (std::size_t f = 0; f < filters; ++f) out[at[p] + f] = look_up(weights.table, out[at[p] + f]);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One sample. The halo of the input holds its zero point.
template <weight_order Order, int8_conv2d_geometry G>
void int8_conv2d(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
#if defined(__ARM_FEATURE_MVE)
    if constexpr (G.pool.cells() == 1) {
        detail::convolve_in_tiles<G>(in, out, weights);
        if constexpr (G.has_table) int8_look_up<G.stored, G.stored>(out, out, weights.table);
        return;
    }
    if constexpr (detail::pools_in_tiles(G)) {
        detail::pool_in_tiles<G>(in, out, weights);
        return;
    }
#elif defined(ARCHETYPE_DSP_SCALING)
    if constexpr (G.spreads_patches(Order) && G.pool.cells() == 1 && G.pixels().count == 4) {
        detail::convolve_in_spread_tiles<G>(in, out, weights);
        if constexpr (G.has_table) int8_look_up<G.stored, G.stored>(out, out, weights.table);
        return;
    }
#elif defined(__AVX2__)
    if constexpr (Order == weight_order::lanes && detail::has_blocks<G>()) {
        detail::convolve_in_blocks(detail::block_work_of<G>, in + detail::first_tap(G.conv), out, weights);
        return;
    }
#endif
    constexpr int8_pixels pixels = G.pixels();
    constexpr std::size_t tile = tile_filters(Order, G.weights_count()), filters = G.conv.group_filters();
    constexpr std::size_t step = G.pool.cells() == 1 ? pixels.count : 1;
    constexpr std::size_t bytes = tile_bytes(Order, G.weights_count(), G.packed_patch(Order));
    const std::int8_t* const origin = in + kernels::detail::first_tap(G.conv);
    const std::int8_t* packed = weights.packed;
    const int8_channel* channels = weights.channels;
    if constexpr (Order == weight_order::paired && G.collects_patches(Order)) {
        constexpr std::size_t distance = G.collected_distance(G.patch().taps());
        for (std::size_t line = 0; line < G.lines(); ++line)
            for (std::size_t at = 0; at < G.length(); at += step) {
                const std::size_t place = at + step <= G.length() ? at : G.length() - step;
                alignas(4) std::int8_t collected[pixels.count * distance];
                detail::collect_patches<G.patch(), pixels, distance>(origin + G.in_offset(line, place),
                                                                     collected);
                packed = weights.packed;
                channels = weights.channels;
                std::int8_t* to = out + G.out_offset(line, place);
                for (std::size_t f = 0; f < filters; f += tile, packed += bytes, channels += tile)
                    detail::line_tile<Order, G, true>(collected, packed, channels,
                                                      filters - f < tile ? filters - f : tile, weights,
                                                      to + f, place);
            }
        return;
    }
    for (std::size_t group = 0; group < G.conv.groups; ++group)
        for (std::size_t f = 0; f < filters; f += tile, packed += bytes, channels += tile)
            for (std::size_t line = 0; line < G.lines(); ++line)
                for (std::size_t at = 0; at < G.length(); at += step) {
                    // The last tile of a line begins earlier, and computes some results again.
                    const std::size_t place = at + step <= G.length() ? at : G.length() - step;
                    const std::int8_t* const patch =
                        origin + G.in_offset(line, place) + group * G.conv.group_inputs();
                    const std::size_t left = filters - f < tile ? filters - f : tile;
                    std::int8_t* const to = out + G.out_offset(line, place) + group * filters + f;
                    if constexpr (G.pool.cells() == 1)
                        detail::line_tile<Order, G, false>(patch, packed, channels, left, weights, to, place);
                    else
                        detail::pool_tile<Order, G>(patch, packed, channels, left, weights, to);
                }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
