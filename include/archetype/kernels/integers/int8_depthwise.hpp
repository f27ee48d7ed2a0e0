// SPDX-License-Identifier: BSL-1.0
/// @file int8_depthwise.hpp
/// Depthwise convolutions of 8-bit numbers: each filter sees one channel.
#pragma once
#include <archetype/kernels/integers/int8_conv2d.hpp>
#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>
#endif

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Channels that are computed at once: in a vector, or one for several pixels.
inline constexpr std::size_t depthwise_block =
#if defined(__ARM_FEATURE_MVE)
    4;
#elif defined(__SSE4_1__) || defined(__aarch64__)
    16;
#else
    1;
#endif

/// sums[f] = the sum over the taps of channel first + f, for `Count` channels of one pixel.
template <conv2d_geometry G, std::size_t Count>
ARCHETYPE_INLINE void depthwise_block_sums(const std::int8_t* in, const std::int8_t* weights,
                                           std::int32_t* sums) {
#if defined(__ARM_FEATURE_MVE)
    if constexpr (Count == 4) {
        int32x4_t own = vdupq_n_s32(0);
        for (std::size_t y = 0; y < G.win.kernel_height; ++y)
            for (std::size_t x = 0; x < G.win.kernel_width; ++x, weights += G.out.channels)
                own = vaddq_s32(own, vmulq_s32(vldrbq_s32(in + y * G.win.dilation_height * G.in.row_stride +
                                                          x * G.win.dilation_width * G.in.pixel_stride),
                                               vldrbq_s32(weights)));
        vst1q_s32(sums, own);
        return;
    }
#endif
    for (std::size_t f = 0; f < Count; ++f) sums[f] = 0;
    for (std::size_t y = 0; y < G.win.kernel_height; ++y)
        for (std::size_t x = 0; x < G.win.kernel_width; ++x, weights += G.out.channels) {
            const std::int8_t* const from = in + y * G.win.dilation_height * G.in.row_stride +
                                            x * G.win.dilation_width * G.in.pixel_stride;
            for (std::size_t f = 0; f < Count; ++f) sums[f] += std::int32_t{from[f]} * weights[f];
        }
}

/// Results, at most eight, that share the weights of a filter: neighbours in a row or in a column, so that few are computed
/// twice.
struct depthwise_run {
    bool vertical = false;
    std::size_t count = 1;
};
constexpr depthwise_run best_run(std::size_t rows, std::size_t columns) {
    depthwise_run best;
    std::size_t least = 2 * rows * columns;  // in results, the loads of weights counted as half a result
    for (const bool vertical : {false, true})
        for (std::size_t count = 8; count > 0; --count) {
            const std::size_t length = vertical ? rows : columns, lines = vertical ? columns : rows;
            const std::size_t work = (length + count - 1) / count * lines * (2 * count + 1);
            if (count <= length && work < 2 * least) {
                best = {vertical, count};
                least = work / 2;
            }
        }
    return best;
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One sample; filter f sees channel f / (filters / channels). Weights are [row][column][filter], as TensorFlow Lite has
/// them, a channel's parameters one for each filter. The halo of the input holds its zero point.
template <conv2d_geometry G, bool HasTable>
void int8_depthwise(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
    constexpr std::size_t filters = G.out.channels, multiplier = filters / G.in.channels;
    constexpr std::size_t down = G.win.stride_height * G.in.row_stride,
                          right = G.win.stride_width * G.in.pixel_stride;
    const std::int8_t* const origin = in + detail::first_tap(G);
    constexpr std::size_t block = multiplier == 1 ? detail::depthwise_block : 1;
    constexpr std::size_t whole = block == 1 ? 0 : filters / block * block;
    const auto finish = [&](const std::int32_t* sums, std::size_t pixels, std::size_t count, std::size_t f,
                            std::int8_t* to, std::size_t stride) __attribute__((always_inline)) {
        requantize_tile<block == 1>(sums, pixels, count, count, weights.channels + f, weights.range, to,
                                    stride);
        if constexpr (HasTable)
            for (std::size_t p = 0; p < pixels; ++p)
                for (std::size_t i = 0; i < count; ++i)
                    to[p * stride + i] = look_up(weights.table, to[p * stride + i]);
    };
    for (std::size_t y = 0; whole != 0 && y < G.out.height; ++y)
        for (std::size_t x = 0; x < G.out.width; ++x)
            for (std::size_t f = 0; f < whole; f += block) {
                std::int32_t sums[block];
                detail::depthwise_block_sums<G, block>(origin + y * down + x * right + f, weights.packed + f,
                                                       sums);
                finish(sums, 1, block, f,
                       out + G.out.offset + y * G.out.row_stride + x * G.out.pixel_stride + f, 0);
            }
    constexpr detail::depthwise_run run = detail::best_run(G.out.height, G.out.width);
    constexpr std::size_t length = run.vertical ? G.out.height : G.out.width,
                          lines = run.vertical ? G.out.width : G.out.height,
                          next = run.vertical ? down : right;
    for (std::size_t f = whole; f < filters; ++f)
        for (std::size_t line = 0; line < lines; ++line)
            for (std::size_t at = 0; at < length; at += run.count) {
                const std::size_t place = at + run.count <= length ? at : length - run.count;
                const std::size_t y = run.vertical ? place : line, x = run.vertical ? line : place;
                const std::int8_t* row = origin + y * down + x * right + f / multiplier;
                const std::int8_t* w = weights.packed + f;
                std::int32_t sums[run.count] = {};
                for (std::size_t ky = 0; ky < G.win.kernel_height;
                     ++ky, row += G.win.dilation_height * G.in.row_stride)
#pragma GCC unroll 4
                    for (std::size_t kx = 0; kx < G.win.kernel_width; ++kx, w += filters) {
                        const std::int32_t weight = *w;
#pragma GCC unroll 8
                        for (std::size_t p = 0; p < run.count; ++p)
                            sums[p] += weight * row[kx * G.win.dilation_width * G.in.pixel_stride + p * next];
                    }
                finish(sums, run.count, 1, f,
                       out + G.out.offset + y * G.out.row_stride + x * G.out.pixel_stride + f,
                       run.vertical ? G.out.row_stride : G.out.pixel_stride);
            }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
