// SPDX-License-Identifier: BSL-1.0
/// @file arguments.hpp
/// Numbers given to training are checked: messages name who was given what.
#pragma once
#include <archetype/error.hpp>
#include <archetype/kernels/vectors/finite.hpp>
#include <archetype/training/anywhere/setting_checks.hpp>

#include <cstddef>
#include <sstream>
#include <string>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

using expression::is_finite;
using kernels::all_finite;

/// "archetype::adam: expected <expected> as <argument>, found <value>".
[[noreturn]] inline void refuse_number(const std::string& who, const std::string& argument,
                                       const std::string& expected, double value) {
    std::ostringstream text;
    text << "archetype::" << who << ": expected " << expected << " as " << argument << ", found " << value;
    throw detail::thrown<std::invalid_argument>(text.str());
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

/// What losses and optimizers check their numbers by.
struct setting_checks {
    static void not_negative(const char* who, const char* argument, double value) {
        check_not_negative(who, argument, value);
    }
    static void positive(const char* who, const char* argument, double value) {
        check_positive(who, argument, value);
    }
    static void fraction(const char* who, const char* argument, double value) {
        check_fraction(who, argument, value);
    }
};

/// @throws std::invalid_argument naming the first value that is not finite
template <class T>
void check_finite(const T* values, std::size_t count, const std::string& who, const std::string& argument) {
    if (all_finite(values, count)) return;
    for (std::size_t i = 0; i < count; ++i)
        if (!is_finite(values[i]))
            refuse_number(who, argument + " at position " + std::to_string(i), "finite numbers",
                          static_cast<double>(values[i]));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
