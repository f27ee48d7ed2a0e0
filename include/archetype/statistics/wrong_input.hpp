// SPDX-License-Identifier: BSL-1.0
/// @file wrong_input.hpp
/// Errors of this room: `std::invalid_argument` that names the function, the argument and the value found.
/// In a constant expression wrong input is a compile-time error, as the message is not a constant.
#pragma once
#include <archetype/error.hpp>
#include <archetype/expression/ieee.hpp>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline std::string text(double value) {
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.10g", value);
    return buffer;
}
inline std::string text(std::size_t value) { return std::to_string(value); }

/// @throws std::invalid_argument "<function>: expected <argument> <expected>, found <found>"
[[noreturn]] inline void fail(const char* function, const char* argument, const std::string& expected,
                              const std::string& found) {
    std::string message = function;
    message.append(": expected ").append(argument).append(" ").append(expected);
    throw archetype::detail::thrown<std::invalid_argument>(message.append(", found ").append(found));
}

/// `fail` for a value at an index; not a constant expression.
[[noreturn]] inline void fail_at(const char* function, const char* argument, const char* expected,
                                 double found, std::size_t index) {
    fail(function, argument, expected, text(found).append(" at index ").append(text(index)));
}
[[noreturn]] inline void fail(const char* function, const char* argument, const char* expected,
                              double found) {
    fail(function, argument, std::string(expected), text(found));
}

constexpr bool is_finite(double value) { return expression::is_finite(value); }

/// Probabilities may have been computed in `float`: their sum may be this far from one.
inline constexpr double sum_tolerance = 1e-5;

constexpr void check_probability(double p, const char* function, const char* argument) {
    if (!(p >= 0 && p <= 1)) fail(function, argument, "to be between 0 and 1", p);
}

constexpr void check_distribution(std::span<const double> p, const char* function, const char* argument) {
    if (p.empty()) fail(function, argument, std::string("to have at least one element"), std::string("none"));
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        if (!(p[i] >= 0 && is_finite(p[i])))
            fail_at(function, argument, "to hold finite numbers of 0 or more", p[i], i);
        sum += p[i];
    }
    if (!(sum > 1 - sum_tolerance && sum < 1 + sum_tolerance)) fail(function, argument, "to sum to 1", sum);
}

constexpr void check_same_length(std::size_t found, std::size_t expected, const char* function,
                                 const char* argument) {
    if (found != expected) fail(function, argument, "to have length " + text(expected), text(found));
}

inline void check_positive(double value, const char* function, const char* argument) {
    if (!(value > 0 && is_finite(value))) fail(function, argument, "to be positive and finite", value);
}

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET
