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

/// What `Writer::write(text)` writes, in static storage with a zero at its end.
template <class Writer>
struct constant_text {
    static constexpr std::size_t length = [] {
        text_length measured;
        Writer::write(measured);
        return measured.size;
    }();
    // An array as a member costs compilers less than std::array.
    struct characters {
        char data[length + 1]{};
    };
    static constexpr characters text = [] {
        characters made;
        text_writer writer{made.data};
        Writer::write(writer);
        return made;
    }();
    static constexpr text_view view{text.data, length};
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
