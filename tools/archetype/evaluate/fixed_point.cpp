// SPDX-License-Identifier: BSL-1.0
#include "fixed_point.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace archetype::evaluate {

fixed_multiplier fixed_multiplier_of(double real) {
    if (!(real > 0)) return {};
    fixed_multiplier made;
    const double fraction = std::frexp(real, &made.shift);
    auto bits = static_cast<std::int64_t>(std::round(fraction * 2147483648.0));
    if (bits == std::int64_t{1} << 31) {
        bits /= 2;
        ++made.shift;
    }
    if (made.shift < -31) return {};
    if (made.shift > 30) return {std::numeric_limits<std::int32_t>::max(), 30};
    made.multiplier = static_cast<std::int32_t>(bits);
    return made;
}

std::int32_t high_product(std::int32_t a, std::int32_t b) {
    constexpr std::int32_t least = std::numeric_limits<std::int32_t>::min();
    if (a == least && b == least) return std::numeric_limits<std::int32_t>::max();
    const std::int64_t product = std::int64_t{a} * b;
    const std::int64_t half = product >= 0 ? std::int64_t{1} << 30 : 1 - (std::int64_t{1} << 30);
    return static_cast<std::int32_t>((product + half) / (std::int64_t{1} << 31));
}

std::int32_t rounded_shift(std::int32_t x, int exponent) {
    if (exponent > 32) return 0;  // of a softmax over many numbers
    const std::int64_t wide = x;
    const std::int64_t mask = (std::int64_t{1} << exponent) - 1;
    const std::int64_t edge = (mask >> 1) + (x < 0 ? 1 : 0);
    return static_cast<std::int32_t>((wide >> exponent) + ((wide & mask) > edge ? 1 : 0));
}

namespace {
std::int32_t shifted_left(std::int32_t x, int places) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << places);
}
/// With saturation.
std::int32_t times_power(std::int32_t x, int exponent) {
    if (exponent < 0) return rounded_shift(x, -exponent);
    const std::int64_t wide = std::int64_t{x} * (std::int64_t{1} << exponent);
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(wide, std::numeric_limits<std::int32_t>::min(),
                                                              std::numeric_limits<std::int32_t>::max()));
}
}  // namespace

std::int32_t scaled(std::int32_t x, const fixed_multiplier& by) {
    const int left = std::max(by.shift, 0);
    return rounded_shift(high_product(shifted_left(x, left), by.multiplier), std::max(-by.shift, 0));
}

namespace {

/// e^x of x in [-1/4, 0), a fraction of 2^31: a polynomial around -1/8.
std::int32_t exponential_near_zero(std::int32_t a) {
    constexpr std::int32_t constant = 1895147668;  // e^(-1/8) * 2^31
    constexpr std::int32_t third = 715827883;      // 2^31 / 3
    const std::int32_t x = a + (1 << 28);
    const std::int32_t x2 = high_product(x, x);
    const std::int32_t x3 = high_product(x2, x);
    const std::int32_t x4 = high_product(x2, x2);
    const std::int32_t x4_over_4 = rounded_shift(x4, 2);
    const std::int32_t tail = rounded_shift(high_product(x4_over_4 + x3, third) + x2, 1);
    return constant + high_product(constant, x + tail);
}

}  // namespace

std::int32_t exponential_of_negative(std::int32_t x, int integer_bits) {
    if (x == 0) return std::numeric_limits<std::int32_t>::max();
    const int fraction_bits = 31 - integer_bits;
    const std::int32_t quarter = std::int32_t{1} << (fraction_bits - 2);
    const std::int32_t mask = quarter - 1;
    const std::int32_t rest = (x & mask) - quarter;
    std::int32_t result = exponential_near_zero(shifted_left(rest, integer_bits));
    const std::int32_t quarters = rest - x;
    // e^(-1/4), e^(-1/2), ... as fractions of 2^31, for each bit of what was taken away.
    constexpr std::int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    for (int k = 0; k < 7; ++k) {
        const int exponent = k - 2;
        if (integer_bits <= exponent) break;
        if ((quarters & (std::int32_t{1} << (fraction_bits + exponent))) != 0)
            result = high_product(result, factors[k]);
    }
    if (integer_bits > 5 && x < -(std::int32_t{1} << (fraction_bits + 5))) result = 0;
    return result;
}

namespace {

constexpr std::int32_t one = std::int32_t{1} << 29;  // with two bits before the point

/// 2 / (1 + x) by Newton's method for 1 / d, d = (1 + x) / 2, with two bits before the point.
std::int32_t twice_reciprocal(std::int32_t x) {
    const auto half =
        static_cast<std::int32_t>((std::int64_t{x} + std::numeric_limits<std::int32_t>::max() + 1) / 2);
    constexpr std::int32_t first = 1515870810;   // 48 / 17
    constexpr std::int32_t slope = -1010580540;  // -32 / 17
    std::int32_t guess = first + high_product(half, slope);
    for (int step = 0; step < 3; ++step) {
        const std::int32_t product = high_product(half, guess);
        guess += times_power(high_product(guess, one - product), 2);
    }
    return guess;
}

}  // namespace

std::int32_t reciprocal_of_one_plus(std::int32_t x) { return times_power(twice_reciprocal(x), 1); }
std::int32_t one_minus_over_one_plus(std::int32_t x) { return times_power(twice_reciprocal(x) - one, 2); }

}  // namespace archetype::evaluate
