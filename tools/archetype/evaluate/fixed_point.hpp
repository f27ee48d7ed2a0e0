// SPDX-License-Identifier: BSL-1.0
/// @file fixed_point.hpp
/// Arithmetic of TensorFlow Lite's reference kernels on integers: multipliers of 32 bits with a shift, rounded twice as
/// gemmlowp's paper describes them (Jacob et al. 2018), and exponentials in fixed point.
#pragma once
#include <cstdint>

namespace archetype::evaluate {

/// A real number as multiplier / 2^31 * 2^shift.
struct fixed_multiplier {
    std::int32_t multiplier = 0;
    int shift = 0;
};
fixed_multiplier fixed_multiplier_of(double real);

/// a * b / 2^31, rounded to the nearest, halves upwards; the one product that does not fit saturates.
std::int32_t high_product(std::int32_t a, std::int32_t b);
/// x / 2^exponent, rounded to the nearest, halves away from zero.
std::int32_t rounded_shift(std::int32_t x, int exponent);
/// x times the real number.
std::int32_t scaled(std::int32_t x, const fixed_multiplier& by);

/// e^x of a negative number with so many bits before the point, as a fraction of 2^31.
std::int32_t exponential_of_negative(std::int32_t x, int integer_bits);
/// 1 / (1 + x) of a fraction x of 2^31, as a fraction of 2^31.
std::int32_t reciprocal_of_one_plus(std::int32_t x);
/// (1 - x) / (1 + x), both fractions of 2^31.
std::int32_t one_minus_over_one_plus(std::int32_t x);

}  // namespace archetype::evaluate
