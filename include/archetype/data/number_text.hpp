// SPDX-License-Identifier: BSL-1.0
/// @file number_text.hpp
/// Numbers in messages.
#pragma once
#include <archetype/instruction_set.hpp>
#include <array>
#include <charconv>
#include <string>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The shortest text that is this number again.
inline std::string number_text(double number) {
    std::array<char, 32> digits;
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
