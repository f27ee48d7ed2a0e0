// SPDX-License-Identifier: BSL-1.0
/// @file setting_checks.hpp
/// How the numbers of losses and optimizers are checked: by exceptions on hosts, by one answer on devices.
#pragma once
#include <archetype/expression/ieee.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Throws, on hosts: arguments.hpp has it.
struct setting_checks;

/// Remembers whether all numbers make sense.
struct answered_checks {
    bool& all_right;

    constexpr void not_negative(const char*, const char*, double value) const {
        note(value >= 0 && expression::is_finite(value));
    }
    constexpr void positive(const char*, const char*, double value) const {
        note(value > 0 && expression::is_finite(value));
    }
    /// In [0, 1).
    constexpr void fraction(const char*, const char*, double value) const { note(value >= 0 && value < 1); }

private:
    constexpr void note(bool right) const { all_right = all_right && right; }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
