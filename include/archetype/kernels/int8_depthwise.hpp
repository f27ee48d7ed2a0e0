// SPDX-License-Identifier: BSL-1.0
/// @file int8_depthwise.hpp
/// Depthwise convolutions of 8-bit numbers: each filter sees one channel.
#pragma once
#include <archetype/kernels/int8_conv2d.hpp>
#if defined(__ARM_FEATURE_MVE) && !defined(ARCHETYPE_SCALAR)
#include <arm_mve.h>
#endif

namespace archetype::kernels {

namespace detail {

/// Channels that are computed at once: in a vector, or one for several pixels.
inline constexpr std::size_t depthwise_block =
#if defined(ARCHETYPE_SCALAR)
    1;
#elif defined(__ARM_FEATURE_MVE)
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
#if defined(__ARM_FEATURE_MVE) && !defined(ARCHETYPE_SCALAR)
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

}  // namespace detail

/// One sample; filter f sees channel f / (filters / channels). Weights are [row][column][filter], as TensorFlow Lite has
/// them, a channel's parameters one for each filter. The halo of the input holds its zero point.
template <conv2d_geometry G, bool HasTable>
void int8_depthwise(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
    constexpr std::size_t filters = G.out.channels, multiplier = filters / G.in.channels;
    constexpr std::size_t down = G.win.stride_height * G.in.row_stride,
                          right = G.win.stride_width * G.in.pixel_stride;
    const std::int8_t* const origin = in + detail::first_tap(G);
    const auto finish = [&](std::int32_t sum, std::size_t f, std::int8_t * to)
        __attribute__((always_inline)) {
        std::int8_t result = requantize(sum, weights.channels[f], weights.range);
        if constexpr (HasTable) result = look_up(weights.table, result);
        *to = result;
    };
    constexpr std::size_t block = multiplier == 1 ? detail::depthwise_block : 1;
    constexpr std::size_t whole = block == 1 ? 0 : filters / block * block;
    for (std::size_t y = 0; whole != 0 && y < G.out.height; ++y)
        for (std::size_t x = 0; x < G.out.width; ++x)
            for (std::size_t f = 0; f < whole; f += block) {
                std::int32_t sums[block];
                detail::depthwise_block_sums<G, block>(origin + y * down + x * right + f, weights.packed + f,
                                                       sums);
                std::int8_t* const to =
                    out + G.out.offset + y * G.out.row_stride + x * G.out.pixel_stride + f;
                for (std::size_t i = 0; i < block; ++i) finish(sums[i], f + i, to + i);
            }
    // One filter for up to four pixels that share its weights.
    constexpr std::size_t some = G.out.width < 4 ? G.out.width : 4;
    for (std::size_t f = whole; f < filters; ++f)
        for (std::size_t y = 0; y < G.out.height; ++y)
            for (std::size_t at = 0; at < G.out.width; at += some) {
                const std::size_t x = at + some <= G.out.width ? at : G.out.width - some;
                const std::int8_t* row = origin + y * down + x * right + f / multiplier;
                const std::int8_t* w = weights.packed + f;
                std::int32_t sums[some] = {};
                for (std::size_t ky = 0; ky < G.win.kernel_height;
                     ++ky, row += G.win.dilation_height * G.in.row_stride)
#pragma GCC unroll 4
                    for (std::size_t kx = 0; kx < G.win.kernel_width; ++kx, w += filters) {
                        const std::int32_t weight = *w;
#pragma GCC unroll 4
                        for (std::size_t p = 0; p < some; ++p)
                            sums[p] +=
                                weight * row[kx * G.win.dilation_width * G.in.pixel_stride + p * right];
                    }
                std::int8_t* const to =
                    out + G.out.offset + y * G.out.row_stride + x * G.out.pixel_stride + f;
#pragma GCC unroll 4
                for (std::size_t p = 0; p < some; ++p) finish(sums[p], f, to + p * G.out.pixel_stride);
            }
}

}  // namespace archetype::kernels
