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

/// e^x of x <= 0, given with 26 bits after the point, as a fraction of 2^31: a polynomial around -1/8 and a factor for each
/// bit of what was taken away (gemmlowp's exp_on_negative_values with 5 bits before the point).
constexpr std::int32_t exponential_of_negative(std::int32_t x) {
    if (x == 0) return 2147483647;
    constexpr std::int32_t quarter = 1 << 24, eighth = 1 << 28;
    constexpr std::int32_t at_eighth = 1895147668, third = 715827883;  // e^(-1/8) and 1/3
    const std::int32_t rest = (x & (quarter - 1)) - quarter;
    const std::int32_t a = static_cast<std::int32_t>(static_cast<std::uint32_t>(rest) << 5) + eighth;
    const std::int32_t a2 = doubling_high_product(a, a), a3 = doubling_high_product(a2, a),
                       a4 = doubling_high_product(a2, a2);
    const std::int32_t tail =
        rounding_shift(doubling_high_product(rounding_shift(a4, 2) + a3, third) + a2, 1);
    std::int32_t result = at_eighth + doubling_high_product(at_eighth, a + tail);
    // e^(-1/4), e^(-1/2), ... e^(-16).
    constexpr std::int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    for (int bit = 0; bit < 7; ++bit)
        if (((rest - x) & (quarter << bit)) != 0) result = doubling_high_product(result, factors[bit]);
    return result;
}

/// 1 / (1 + x) of a fraction x of 2^31, as a fraction of 2^31, by three of Newton's steps (gemmlowp's
/// one_over_one_plus_x_for_x_in_0_1).
[[gnu::noinline]] constexpr std::int32_t reciprocal_of_one_plus(std::int32_t x) {
    // Of d = (1 + x) / 2, with two bits before the point; the first guess is 48 / 17 - 32 / 17 d.
    const auto half = static_cast<std::int32_t>((std::int64_t{x} + 2147483648) / 2);
    std::int32_t guess = 1515870810 + doubling_high_product(half, -1010580540);
#pragma GCC unroll 1
    for (int step = 0; step < 3; ++step)
        guess += 4 * doubling_high_product(guess, (1 << 29) - doubling_high_product(half, guess));
    return saturating_shift_left(guess, 1);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
