// SPDX-License-Identifier: BSL-1.0
/// @file text_writer.hpp
/// Texts as constants: the same code measures one and writes it.
#pragma once
#include <archetype/architecture/text_view.hpp>
#include <cstdint>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Measures a text.
struct text_length {
    std::size_t size = 0;
    constexpr void append(text_view part) { size += part.size(); }
    constexpr void append_number(std::uint64_t number) {
        do ++size;
        while ((number /= 10) != 0);
    }
};

/// Writes a text of known length.
struct text_writer {
    char* to;
    std::size_t size = 0;
    constexpr void append(text_view part) {
        for (char c : part) to[size++] = c;
    }
    constexpr void append_number(std::uint64_t number) {
        text_length digits;
        digits.append_number(number);
        for (std::size_t i = digits.size; i-- > 0; number /= 10)
            to[size + i] = static_cast<char>('0' + number % 10);
        size += digits.size;
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
