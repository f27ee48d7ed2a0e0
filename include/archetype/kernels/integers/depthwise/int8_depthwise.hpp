// SPDX-License-Identifier: BSL-1.0
/// @file int8_depthwise.hpp
/// Depthwise convolutions of 8-bit numbers: each filter sees one channel.
#pragma once
#include <archetype/kernels/integers/int8_conv2d.hpp>
#include <archetype/kernels/integers/int8_pointwise.hpp>
#if defined(__ARM_FEATURE_MVE)
#include <archetype/kernels/integers/depthwise/int8_depthwise_gather.hpp>
#include <archetype/kernels/integers/depthwise/int8_depthwise_mve.hpp>
#else
#include <archetype/kernels/integers/depthwise/int8_depthwise_runs.hpp>
#if defined(ARCHETYPE_DSP_SCALING) && !defined(__clang__)
#include <archetype/kernels/integers/depthwise/int8_depthwise_dsp.hpp>
#endif
#if defined(__AVX2__)
#include <archetype/kernels/integers/depthwise/int8_depthwise_x86.hpp>
#endif
#endif

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

#if (defined(__SSE4_1__) && !defined(__AVX2__)) || defined(__aarch64__)
/// Channels that are computed at once.
inline constexpr std::size_t depthwise_block = 16;

/// sums[f] = the sum over the taps of channel first + f, for the channels of a block at one pixel.
template <conv2d_geometry G>
ARCHETYPE_INLINE void depthwise_block_sums(const std::int8_t* in, const std::int8_t* weights,
                                           std::int32_t* sums) {
    for (std::size_t f = 0; f < depthwise_block; ++f) sums[f] = 0;
    for (std::size_t y = 0; y < G.win.kernel_height; ++y)
        for (std::size_t x = 0; x < G.win.kernel_width; ++x, weights += G.out.channels) {
            const std::int8_t* const from = in + y * G.win.dilation_height * G.in.row_stride +
                                            x * G.win.dilation_width * G.in.pixel_stride;
            for (std::size_t f = 0; f < depthwise_block; ++f) sums[f] += std::int32_t{from[f]} * weights[f];
        }
}

/// Whole blocks of channels; returns the first one that is left.
template <conv2d_geometry G, bool HasTable>
std::size_t depthwise_in_blocks(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
    constexpr std::size_t block = depthwise_block, whole = G.out.channels / block * block;
    for (std::size_t y = 0; whole != 0 && y < G.out.height; ++y)
        for (std::size_t x = 0; x < G.out.width; ++x)
            for (std::size_t f = 0; f < whole; f += block) {
                std::int32_t sums[block];
                depthwise_block_sums<G>(in + first_tap(G) + y * G.win.stride_height * G.in.row_stride +
                                            x * G.win.stride_width * G.in.pixel_stride + f,
                                        weights.packed + f, sums);
                std::int8_t* const to =
                    out + G.out.offset + y * G.out.row_stride + x * G.out.pixel_stride + f;
                requantize_tile<false>(sums, 1, block, block, weights.channels + f, weights.range, to,
                                       neighbours_at<0>);
                if constexpr (HasTable)
                    for (std::size_t i = 0; i < block; ++i) to[i] = look_up(weights.table, to[i]);
            }
    return whole;
}
#endif

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One sample; filter f sees channel f / (filters / channels). Weights are [row][column][filter], as TensorFlow Lite has
/// them, a channel's parameters one for each filter. The halo of the input holds its zero point.
/// Where processors have wide vectors, up to 63 bytes after the input and after the weights may be read.
template <conv2d_geometry G, bool HasTable>
void int8_depthwise(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
#if defined(__ARM_FEATURE_MVE)
    static constexpr detail::gathered_depthwise gathered = detail::best_gathered(G);
    if constexpr (gathered.length != 0)
        detail::depthwise_by_gathering(gathered, in + detail::first_tap(G), out + G.out.offset, weights);
    else
        detail::depthwise_in_eights<G>(in, out, weights);
    if constexpr (HasTable) int8_look_up<G.out, G.out>(out, out, weights.table);
#elif defined(__AVX2__)
    if constexpr (G.out.channels == G.in.channels &&
                  G.win.kernel_height * G.win.kernel_width <= detail::int8_depthwise_work::most_taps) {
        static constexpr detail::int8_depthwise_work work = detail::depthwise_work(G);
        detail::depthwise_in_vectors(work, in + detail::first_tap(G), out, weights.channels, weights.packed,
                                     weights.range);
        if constexpr (HasTable) int8_look_up<G.out, G.out>(out, out, weights.table);
    } else {
        detail::depthwise_in_runs<G, HasTable>(in, out, weights);
    }
#elif defined(__SSE4_1__) || defined(__aarch64__)
    std::size_t first = 0;
    if constexpr (G.out.channels == G.in.channels)
        first = detail::depthwise_in_blocks<G, HasTable>(in, out, weights);
    detail::depthwise_in_runs<G, HasTable>(in, out, weights, first);
#elif defined(ARCHETYPE_DSP_SCALING) && !defined(__clang__)
    constexpr detail::depthwise_pairs pairs = detail::best_pairs(G);
    if constexpr (pairs.channels != 0) {
        detail::depthwise_in_pairs<pairs>(in + detail::first_tap(G), out + G.out.offset, weights);
        if constexpr (HasTable) int8_look_up<G.out, G.out>(out, out, weights.table);
    } else {
        detail::depthwise_in_runs<G, HasTable>(in, out, weights);
    }
#else
    detail::depthwise_in_runs<G, HasTable>(in, out, weights);
#endif
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
