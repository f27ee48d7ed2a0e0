// SPDX-License-Identifier: BSL-1.0
/// @file arguments.hpp
/// Numbers given to training are checked: messages name who was given what.
#pragma once
#include <archetype/expression/ieee.hpp>
#include <archetype/kernels/vectors/lanes.hpp>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string>

namespace archetype::detail {

/// "archetype::adam: expected <expected> as <argument>, found <value>".
[[noreturn]] inline void refuse_number(const std::string& who, const std::string& argument,
                                       const std::string& expected, double value) {
    std::ostringstream text;
    text << "archetype::" << who << ": expected " << expected << " as " << argument << ", found " << value;
    throw std::invalid_argument(text.str());
}
inline void check_not_negative(const std::string& who, const std::string& argument, double value) {
    if (!(value >= 0 && expression::is_finite(value)))
        refuse_number(who, argument, "a finite number of at least 0", value);
}
inline void check_positive(const std::string& who, const std::string& argument, double value) {
    if (!(value > 0 && expression::is_finite(value)))
        refuse_number(who, argument, "a finite number above 0", value);
}
/// In [0, 1).
inline void check_fraction(const std::string& who, const std::string& argument, double value) {
    if (!(value >= 0 && value < 1)) refuse_number(who, argument, "a number of at least 0 and below 1", value);
}

/// @throws std::invalid_argument naming the first value that is not finite
template <class T>
void check_finite(const T* values, std::size_t count, const std::string& who, const std::string& argument) {
    constexpr std::size_t width = kernels::lane_count<T>;
    auto total = kernels::broadcast(T(0));  // x - x is 0 for finite numbers only
    std::size_t i = 0;
    for (; i + width <= count; i += width) {
        const auto value = kernels::load(values + i);
        total = total + (value - value);
    }
    if (kernels::sum<T>(total) != 0) i = 0;
    for (; i < count; ++i)
        if (!expression::is_finite(static_cast<double>(values[i])))
            refuse_number(who, argument + " at position " + std::to_string(i), "finite numbers",
                          static_cast<double>(values[i]));
}

}  // namespace archetype::detail
