// SPDX-License-Identifier: BSL-1.0
/// @file arguments.hpp
/// Numbers given to training are checked: messages name who was given what.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace archetype::detail {

/// Neither infinite nor NaN, by the bits: `std::isfinite` is always true under -ffast-math.
template <class T>
bool is_finite(T value) {
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr bits exponent =
        sizeof(T) == 4 ? static_cast<bits>(0x7f800000u) : static_cast<bits>(0x7ff0000000000000u);
    return (__builtin_bit_cast(bits, value) & exponent) != exponent;
}
template <class T>
bool all_finite(const T* values, std::size_t count) {
    bool all = true;  // without a way out of the loop, so that it becomes vectors
    for (std::size_t i = 0; i < count; ++i) all &= is_finite(values[i]);
    return all;
}

/// "archetype::adam: expected <expected> as <argument>, found <value>".
[[noreturn]] inline void refuse_number(const std::string& who, const std::string& argument,
                                       const std::string& expected, double value) {
    std::ostringstream text;
    text << "archetype::" << who << ": expected " << expected << " as " << argument << ", found " << value;
    throw std::invalid_argument(text.str());
}
inline void check_not_negative(const std::string& who, const std::string& argument, double value) {
    if (!(value >= 0 && is_finite(value)))
        refuse_number(who, argument, "a finite number of at least 0", value);
}
inline void check_positive(const std::string& who, const std::string& argument, double value) {
    if (!(value > 0 && is_finite(value))) refuse_number(who, argument, "a finite number above 0", value);
}
/// In [0, 1).
inline void check_fraction(const std::string& who, const std::string& argument, double value) {
    if (!(value >= 0 && value < 1)) refuse_number(who, argument, "a number of at least 0 and below 1", value);
}

/// @throws std::invalid_argument naming the first value that is not finite
template <class T>
void check_finite(const T* values, std::size_t count, const std::string& who, const std::string& argument) {
    if (all_finite(values, count)) return;
    for (std::size_t i = 0; i < count; ++i)
        if (!is_finite(values[i]))
            refuse_number(who, argument + " at position " + std::to_string(i), "finite numbers",
                          static_cast<double>(values[i]));
}

}  // namespace archetype::detail
