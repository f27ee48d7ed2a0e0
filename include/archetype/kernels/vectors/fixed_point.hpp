// SPDX-License-Identifier: BSL-1.0
/// @file fixed_point.hpp
/// Integer arithmetic of 8-bit inference, bit for bit as TensorFlow Lite specifies it (Jacob et al. 2018): a real factor is
/// multiplier * 2^(shift - 31), and a product with it is rounded twice, as gemmlowp and CMSIS-NN do by default.
#pragma once
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstdint>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// The high half of 2ab, rounded to nearest, halves upwards (SaturatingRoundingDoublingHighMul; a and b are not both the
/// smallest number).
ARCHETYPE_INLINE constexpr std::int32_t doubling_high_product(std::int32_t a, std::int32_t b) {
    return static_cast<std::int32_t>((std::int64_t{a} * b + (std::int64_t{1} << 30)) >> 31);
}

/// x / 2^exponent for exponents from 1, rounded to nearest, halves away from zero (RoundingDivideByPOT). x is not the
/// smallest number.
ARCHETYPE_INLINE constexpr std::int32_t rounding_shift(std::int32_t x, std::int32_t exponent) {
    return (((x + (x >> 31)) >> (exponent - 1)) + 1) >> 1;
}

/// x * 2^shift, shift 0 to 30; what does not fit becomes the nearest that does.
ARCHETYPE_INLINE constexpr std::int32_t saturating_shift_left(std::int32_t x, std::int32_t shift) {
    const std::int32_t limit = 2147483647 >> shift;
    x = x > limit ? limit : x < -limit - 1 ? -limit - 1 : x;
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << shift);
}

/// x * multiplier * 2^(shift - 31): a positive shift before the product, a negative one after it
/// (MultiplyByQuantizedMultiplier). The multiplier is not negative, the shift -31 to 30.
ARCHETYPE_INLINE constexpr std::int32_t multiply_by_quantized_multiplier(std::int32_t x,
                                                                         std::int32_t multiplier,
                                                                         std::int32_t shift) {
    if (shift >= 0) [[unlikely]] {
        if (shift != 0) x = saturating_shift_left(x, shift);
        return doubling_high_product(x, multiplier);
    }
    return rounding_shift(doubling_high_product(x, multiplier), -shift);
}

/// sum / count, rounded to nearest, halves away from zero: TensorFlow Lite's average.
ARCHETYPE_INLINE constexpr std::int32_t rounded_mean(std::int32_t sum, std::int32_t count) {
    return (sum < 0 ? sum - count / 2 : sum + count / 2) / count;
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
