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
/// The least that `count` numbers may be.
[[gnu::noinline]] inline void raise(std::int8_t* numbers, std::size_t count, std::int32_t least) {
    const int8x16_t all = vdupq_n_s8(static_cast<std::int8_t>(least));
#pragma GCC unroll 1
    for (std::size_t i = 0; i < count; i += 16) {
        const mve_pred16_t lanes = vctp8q(count - i);
        vstrbq_p_s8(numbers + i, vmaxq_s8(vldrbq_z_s8(numbers + i, lanes), all), lanes);
    }
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
/// Whether `near_product` knows a shift.
ARCHETYPE_INLINE constexpr bool is_near(std::int32_t shift) { return shift >= -12 && shift <= -2; }
/// The factor that `near_product` takes for a shift. One more than the power of two moves halves away from zero; what lies
/// beside them is at least 2^shift away, and results below 2^8 move by less.
ARCHETYPE_INLINE std::int32_t near_power(std::int32_t shift) { return negative_power(shift) - 1; }
/// As `rounded_product`, where |result - to| < 2^8; beyond, a number that is no nearer.
ARCHETYPE_INLINE std::int32_t near_product(std::int32_t x, std::int32_t multiplier, std::int32_t power,
                                           std::int32_t to) {
    std::int32_t product, result;
    asm("smmulr %0, %1, %2" : "=r"(product) : "r"(x), "r"(multiplier));
    asm("smmlsr %0, %1, %2, %3" : "=r"(result) : "r"(product), "r"(power), "r"(to));
    return result;
}
/// The least that `count` numbers may be.
[[gnu::noinline]] inline void raise(std::int8_t* numbers, std::size_t count, std::int32_t least) {
    const auto all = static_cast<int8x4_t>(0x01010101u * static_cast<std::uint8_t>(least));
#pragma GCC unroll 1
    for (; count >= 4; count -= 4, numbers += 4) {
        int8x4_t four;
        __builtin_memcpy(&four, numbers, 4);
        __ssub8(four, all);  // chooses
        const auto raised =
            static_cast<std::int32_t>(__sel(static_cast<uint8x4_t>(four), static_cast<uint8x4_t>(all)));
        __builtin_memcpy(numbers, &raised, 4);
    }
#pragma GCC unroll 1
    for (; count != 0; --count, ++numbers)
        if (*numbers < least) *numbers = static_cast<std::int8_t>(least);
}
#endif

/// A sum of products, its bias not yet added, as a result.
ARCHETYPE_INLINE std::int8_t requantize(std::int32_t sum, const int8_channel& channel,
                                        const int8_range& range) {
    sum += channel.bias;
#if defined(ARCHETYPE_DSP_SCALING)
    if (channel.shift < 0) [[likely]]
        return clamp(
            rounded_product(2 * sum, channel.multiplier, negative_power(channel.shift), range.zero_point),
            range);
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
            if (is_near(channel.shift)) [[likely]] {
                const std::int32_t power = near_power(channel.shift), bias = 2 * channel.bias;
                const auto one = [&](std::size_t p) __attribute__((always_inline)) {
                    const std::int32_t x =
                        near_product(bias + 2 * sum[p * tile], channel.multiplier, power, limits.zero_point);
                    to[at[p]] = static_cast<std::int8_t>(__ssat(x, 8));
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
#pragma GCC unroll 1
            for (std::size_t f = 0; f < filters; ++f) {
                const int8_channel channel = channels[f];
                std::int8_t* const to = out + at[p] + f;
#if defined(ARCHETYPE_DSP_SCALING)
                if (is_near(channel.shift)) [[likely]] {
                    const std::int32_t x = near_product(2 * (sums[f] + channel.bias), channel.multiplier,
                                                        near_power(channel.shift), limits.zero_point);
                    *to = static_cast<std::int8_t>(__ssat(x, 8));
                    continue;
                }
#endif
                *to = requantize(sums[f], channel, limits);
            }
    }
#if defined(ARCHETYPE_DSP_SCALING)
    if (limits.minimum > -128) [[unlikely]]
        for (std::size_t p = 0; p < pixels; ++p) raise(out + at[p], filters, limits.minimum);
#endif
#endif
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
