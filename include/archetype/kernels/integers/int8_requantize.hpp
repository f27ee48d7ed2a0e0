// SPDX-License-Identifier: BSL-1.0
/// @file int8_requantize.hpp
/// From sums of products to 8-bit results.
#pragma once
#include <archetype/kernels/vectors/fixed_point.hpp>
#if defined(__ARM_FEATURE_MVE)
#include <arm_mve.h>
#elif defined(__ARM_FEATURE_DSP)
#include <arm_acle.h>
#endif

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// How sums of one filter become results: three words, as they lie in the weights. Sum and bias together are below 2^30.
struct int8_channel {
    std::int32_t bias;  ///< the zero point of the input folded in: bias - zero point * sum of weights
    std::int32_t multiplier, shift;
    constexpr bool operator==(const int8_channel&) const = default;
};

/// The 8-bit numbers that results may be, up to 127: a rectifier is a higher minimum.
struct int8_range {
    std::int32_t zero_point, minimum;
};

ARCHETYPE_INLINE constexpr std::int8_t clamp(std::int32_t x, const int8_range& range) {
    x = x > 127 ? 127 : x;
    return static_cast<std::int8_t>(x < range.minimum ? range.minimum : x);
}

#if defined(__ARM_FEATURE_MVE)
/// x * multiplier * 2^(shift - 31) of four numbers, rounded as `multiply_by_quantized_multiplier`; the shift is negative.
ARCHETYPE_INLINE int32x4_t rounded_product(int32x4_t x, std::int32_t multiplier, std::int32_t shift) {
    x = vqrdmulhq_n_s32(x, multiplier);
    return vrshlq_n_s32(vaddq_s32(x, vshrq_n_s32(x, 31)), shift);  // halves away from zero
}
#elif defined(__ARM_FEATURE_DSP) && !defined(__aarch64__)
#define ARCHETYPE_DSP_SCALING 1
/// -2^(32 + shift), for a shift from -31 to -1: the factor that `rounded_product` takes for it.
ARCHETYPE_INLINE std::int32_t negative_power(std::int32_t shift) {
    return static_cast<std::int32_t>(-(1u << (32 + shift)));
}
/// x / 2 * multiplier * 2^(shift - 31) + to, rounded as `multiply_by_quantized_multiplier`. SMMULR is the high word of a
/// product, rounded; SMMLSR subtracts one from a high word, so that a factor of -2^31 does for halves.
ARCHETYPE_INLINE std::int32_t rounded_product(std::int32_t x, std::int32_t multiplier, std::int32_t power,
                                              std::int32_t to) {
    std::int32_t product, result;
    asm("smmulr %0, %1, %2" : "=r"(product) : "r"(x), "r"(multiplier));
    product += product >> 31;  // halves away from zero
    asm("smmlsr %0, %1, %2, %3" : "=r"(result) : "r"(product), "r"(power), "r"(to));
    return result;
}
/// A number from `least` to 127, given as its distance from `least`.
ARCHETYPE_INLINE std::int8_t saturated(std::int32_t distance, std::int32_t least) {
    return static_cast<std::int8_t>(__ssat(static_cast<std::int32_t>(__usat(distance, 8)) + least, 8));
}
#endif

/// A sum of products, its bias not yet added, as a result.
ARCHETYPE_INLINE std::int8_t requantize(std::int32_t sum, const int8_channel& channel,
                                        const int8_range& range) {
    sum += channel.bias;
#if defined(ARCHETYPE_DSP_SCALING)
    if (channel.shift < 0) [[likely]] {
        return saturated(rounded_product(2 * sum, channel.multiplier, negative_power(channel.shift),
                                         range.zero_point - range.minimum),
                         range.minimum);
    }
#endif
    return clamp(multiply_by_quantized_multiplier(sum, channel.multiplier, channel.shift) + range.zero_point,
                 range);
}

/// Where the results of up to four neighbours lie, `Stride` bytes apart.
template <std::size_t Stride>
inline constexpr std::size_t neighbours_at[] = {0, Stride, 2 * Stride, 3 * Stride};

/// Sums of a tile, [pixel][tile filter], to results of the first `filters` filters; those of pixel p lie at[p] bytes from `out`.
/// Apart, so that all layers share it.
/// @tparam ByFilter  the longer loop is over pixels
template <bool ByFilter>
[[gnu::noinline]] void requantize_tile(const std::int32_t* sums, std::size_t pixels, std::size_t tile,
                                       std::size_t filters, const int8_channel* channels,
                                       const int8_range& range, std::int8_t* out, const std::size_t* at) {
    const int8_range limits = range;
#if defined(__ARM_FEATURE_MVE)
    const uint32x4_t words = vmulq_n_u32(vidupq_n_u32(0, 1), sizeof(int8_channel));
    for (std::size_t f = 0; f < filters; f += 4) {
        const mve_pred16_t lanes = vctp32q(filters - f);
        const auto* const own = reinterpret_cast<const std::int32_t*>(channels + f);
        const int32x4_t bias = vldrwq_gather_offset_z_s32(own, words, lanes),
                        multiplier = vldrwq_gather_offset_z_s32(own + 1, words, lanes),
                        shift = vldrwq_gather_offset_z_s32(own + 2, words, lanes);
        const int32x4_t left = vmaxq_s32(shift, vdupq_n_s32(0)), right = vminq_s32(shift, vdupq_n_s32(0));
        for (std::size_t p = 0; p < pixels; ++p) {
            int32x4_t x = vldrwq_z_s32(sums + p * tile + f, lanes);
            x = vqrdmulhq_s32(vqshlq_s32(vaddq_s32(x, bias), left), multiplier);
            x = vaddq_s32(x, vshrq_n_s32(vandq_s32(x, right), 31));  // halves away from zero
            x = vaddq_n_s32(vrshlq_s32(x, right), limits.zero_point);
            x = vmaxq_s32(vminq_s32(x, vdupq_n_s32(127)), vdupq_n_s32(limits.minimum));
            vstrbq_p_s32(out + at[p] + f, x, lanes);
        }
    }
#else
    if constexpr (ByFilter) {
        for (std::size_t f = 0; f < filters; ++f) {
            const int8_channel channel = channels[f];
            const std::int32_t* const sum = sums + f;
            std::int8_t* const to = out + f;
#if defined(ARCHETYPE_DSP_SCALING)
            if (channel.shift < 0) [[likely]] {
                const std::int32_t power = negative_power(channel.shift), bias = 2 * channel.bias,
                                   zero = limits.zero_point - limits.minimum;
                const auto one = [&](std::size_t p) __attribute__((always_inline)) {
                    const std::int32_t x = bias + 2 * sum[p * tile];
                    to[at[p]] =
                        saturated(rounded_product(x, channel.multiplier, power, zero), limits.minimum);
                };
                if (pixels == 4) [[likely]] {  // without a loop
                    one(0);
                    one(1);
                    one(2);
                    one(3);
                } else {
                    for (std::size_t p = 0; p < pixels; ++p) one(p);
                }
                continue;
            }
#endif
            for (std::size_t p = 0; p < pixels; ++p) to[at[p]] = requantize(sum[p * tile], channel, limits);
        }
    } else {
        for (std::size_t p = 0; p < pixels; ++p, sums += tile)
            for (std::size_t f = 0; f < filters; ++f)
                out[at[p] + f] = requantize(sums[f], channels[f], limits);
    }
#endif
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
