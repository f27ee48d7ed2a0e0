// SPDX-License-Identifier: BSL-1.0
/// @file int8_depthwise_mve.hpp
/// Depthwise convolutions of 8-bit numbers with the vector extension of Cortex-M55 and M85 (MVE): eight filters and two
/// results at once.
#pragma once
#include <arm_mve.h>
#include <archetype/kernels/integers/int8_conv2d.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Factors of eight filters, those with even numbers first: products of 16-bit numbers come so.
struct eight_channels {
    std::int32_t bias[2][4], multiplier[2][4], shift[2][4];
    bool only_right = true;  ///< no shift is 0 or more

    eight_channels(const int8_channel* channels, std::size_t count) {
        for (std::size_t i = 0; i < 8; ++i) {
            const int8_channel channel = i < count ? channels[i] : int8_channel{0, 0, -1};
            bias[i % 2][i / 2] = channel.bias;
            multiplier[i % 2][i / 2] = channel.multiplier;
            shift[i % 2][i / 2] = channel.shift;
            only_right = only_right && channel.shift < 0;
        }
    }
};

/// Results of `Pixels` neighbours, `next` apart, for the eight filters in `lanes`. `channel_of` says which channel each sees,
/// from the first one on.
template <conv2d_geometry G, std::size_t Pixels>
ARCHETYPE_INLINE void depthwise_eight(const std::int8_t* in, std::size_t next, const std::int8_t* weights,
                                      const eight_channels& own, const int8_range& range, std::int8_t* out,
                                      std::size_t out_next, mve_pred16_t lanes, uint16x8_t channel_of) {
    constexpr bool neighbours = G.out.channels == G.in.channels, whole = G.out.channels % 8 == 0;
    constexpr std::size_t right = G.win.dilation_width * G.in.pixel_stride;
    constexpr std::size_t next_row = G.win.dilation_height * G.in.row_stride - G.win.kernel_width * right;
    int32x4_t sums[2][Pixels];
    const std::int8_t* from[Pixels];
    for (std::size_t p = 0; p < Pixels; ++p) {
        from[p] = in + p * next;
        for (std::size_t half = 0; half < 2; ++half) sums[half][p] = vldrwq_s32(own.bias[half]);
    }
#pragma GCC unroll 3
    for (std::size_t y = 0; y < G.win.kernel_height; ++y)
#pragma GCC unroll 3
        for (std::size_t x = 0; x < G.win.kernel_width; ++x, weights += G.out.channels) {
            const int16x8_t weight = whole ? vldrbq_s16(weights) : vldrbq_z_s16(weights, lanes);
#pragma GCC unroll 2
            for (std::size_t p = 0; p < Pixels; ++p) {
                const int16x8_t value =
                    neighbours ? vldrbq_s16(from[p]) : vldrbq_gather_offset_z_s16(from[p], channel_of, lanes);
                from[p] += right + (x + 1 == G.win.kernel_width ? next_row : 0);
                sums[0][p] = vaddq_s32(sums[0][p], vmullbq_int_s16(value, weight));
                sums[1][p] = vaddq_s32(sums[1][p], vmulltq_int_s16(value, weight));
                // In this order: compilers collect products first, for which there are no registers.
                asm volatile("" : "+w"(sums[0][p]), "+w"(sums[1][p]), "+r"(from[p]), "+r"(weights)::"memory");
            }
        }
#pragma GCC unroll 2
    for (std::size_t half = 0; half < 2; ++half) {
        const int32x4_t multiplier = vldrwq_s32(own.multiplier[half]), shift = vldrwq_s32(own.shift[half]);
        if (own.only_right) [[likely]] {
#pragma GCC unroll 2
            for (std::size_t p = 0; p < Pixels; ++p) {
                int32x4_t& x = sums[half][p];
                x = vqrdmulhq_s32(x, multiplier);
                x = vrshlq_s32(vaddq_s32(x, vshrq_n_s32(x, 31)), shift);  // halves away from zero
            }
        } else {
            const int32x4_t left = vmaxq_s32(shift, vdupq_n_s32(0)),
                            only_right = vminq_s32(shift, vdupq_n_s32(0));
            for (std::size_t p = 0; p < Pixels; ++p) {
                const int32x4_t x = vqrdmulhq_s32(vqshlq_s32(sums[half][p], left), multiplier);
                sums[half][p] =
                    vrshlq_s32(vaddq_s32(x, vshrq_n_s32(vandq_s32(x, only_right), 31)), only_right);
            }
        }
        asm volatile("" ::: "memory");
    }
#pragma GCC unroll 2
    for (std::size_t p = 0; p < Pixels; ++p) {
        const int16x8_t low = vqmovnbq_s32(vreinterpretq_s16_s32(sums[0][p]), sums[0][p]);
        int16x8_t result = vqmovntq_s32(low, sums[1][p]);
        result = vqaddq_n_s16(result, static_cast<std::int16_t>(range.zero_point));
        result = vminq_s16(result, vdupq_n_s16(127));
        result = vmaxq_s16(result, vdupq_n_s16(static_cast<std::int16_t>(range.minimum)));
        if constexpr (whole)
            vstrbq_s16(out + p * out_next, result);
        else
            vstrbq_p_s16(out + p * out_next, result, lanes);
    }
}

/// As `int8_depthwise`, without the table.
template <conv2d_geometry G>
void depthwise_in_eights(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
    constexpr std::size_t filters = G.out.channels, multiplier = filters / G.in.channels;
    constexpr std::size_t down = G.win.stride_height * G.in.row_stride,
                          right = G.win.stride_width * G.in.pixel_stride;
    constexpr bool vertical = G.out.width % 2 != 0 && (G.out.height % 2 == 0 || G.out.height > G.out.width);
    constexpr std::size_t length = vertical ? G.out.height : G.out.width,
                          lines = vertical ? G.out.width : G.out.height;
    constexpr std::size_t next = vertical ? down : right, next_line = vertical ? right : down;
    constexpr std::size_t out_next = vertical ? G.out.row_stride : G.out.pixel_stride,
                          out_line = vertical ? G.out.pixel_stride : G.out.row_stride;
    constexpr std::size_t pixels = length < 2 || (may_be_in_place(G) && length % 2 != 0) ? 1 : 2;
    const std::int8_t* const origin = in + first_tap(G);
    const int8_range range = weights.range;
    for (std::size_t f = 0; f < filters; f += 8) {
        const eight_channels own(weights.channels + f, filters - f);
        const mve_pred16_t lanes = vctp16q(filters - f);
        std::uint16_t channel_of[8] = {};
        if constexpr (multiplier != 1)
            for (std::size_t i = 0; i < 8; ++i)
                channel_of[i] = static_cast<std::uint16_t>((f + i) / multiplier - f / multiplier);
        const uint16x8_t offsets = vldrhq_u16(channel_of);
        for (std::size_t line = 0; line < lines; ++line) {
            const std::int8_t* from = origin + line * next_line + f / multiplier;
            std::int8_t* to = out + G.out.offset + line * out_line + f;
            for (std::size_t at = 0; at < length; at += pixels) {
                // The last ones of a line may be computed again.
                const std::size_t place = at + pixels <= length ? at : length - pixels;
                depthwise_eight<G, pixels>(from + place * next, next, weights.packed + f, own, range,
                                           to + place * out_next, out_next, lanes, offsets);
            }
        }
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
