// SPDX-License-Identifier: BSL-1.0
/// @file unicode.hpp
/// Letters in UTF-8 and what Unicode says of them, by utf8proc. `ARCHETYPE_HAS_UTF8PROC` is 1 where <utf8proc.h> is found (link
/// with -lutf8proc) unless defined before; with 0 readers of vocabularies say so.
#pragma once
#include <archetype/data/file_error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#if !defined(ARCHETYPE_HAS_UTF8PROC)
#if __has_include(<utf8proc.h>)
#define ARCHETYPE_HAS_UTF8PROC 1
#else
#define ARCHETYPE_HAS_UTF8PROC 0
#endif
#endif
#if ARCHETYPE_HAS_UTF8PROC
#include <utf8proc.h>
#endif

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What a letter's general category is about.
enum class letter_kind { letter, mark, number, punctuation, symbol, space, other };

/// One letter of a text, or one byte that belongs to none.
struct text_letter {
    std::int32_t code = -1;  ///< -1: no letter
    std::size_t length = 1;  ///< in bytes
};

inline text_letter letter_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) : 0;
    };
    const std::uint32_t first = byte(at);
    if (first < 0x80) return {static_cast<std::int32_t>(first), 1};
    const std::size_t length = first >= 0xF5   ? 0
                               : first >= 0xF0 ? 4
                               : first >= 0xE0 ? 3
                               : first >= 0xC2 ? 2
                                               : 0;
    if (length == 0) return {};
    std::uint32_t code = first & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0u) != 0x80) return {};
        code = code << 6 | (byte(at + i) & 0x3Fu);
    }
    const bool is_overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (is_overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
    return {static_cast<std::int32_t>(code), length};
}

/// Unicode's property White_Space, as regular expressions have it.
constexpr bool is_white_space(std::int32_t code) {
    return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
           code == 0x205F || code == 0x3000;
}

#if ARCHETYPE_HAS_UTF8PROC

inline constexpr bool has_unicode = true;

inline utf8proc_category_t category_of(std::int32_t code) { return utf8proc_category(code); }

inline letter_kind kind_of(std::int32_t code) {
    switch (category_of(code)) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
            return letter_kind::letter;
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME:
            return letter_kind::mark;
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_NO:
            return letter_kind::number;
        case UTF8PROC_CATEGORY_PC:
        case UTF8PROC_CATEGORY_PD:
        case UTF8PROC_CATEGORY_PS:
        case UTF8PROC_CATEGORY_PE:
        case UTF8PROC_CATEGORY_PI:
        case UTF8PROC_CATEGORY_PF:
        case UTF8PROC_CATEGORY_PO:
            return letter_kind::punctuation;
        case UTF8PROC_CATEGORY_SM:
        case UTF8PROC_CATEGORY_SC:
        case UTF8PROC_CATEGORY_SK:
        case UTF8PROC_CATEGORY_SO:
            return letter_kind::symbol;
        case UTF8PROC_CATEGORY_ZS:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP:
            return letter_kind::space;
        default:
            return letter_kind::other;  // controls, formats, private, surrogates, unassigned
    }
}
inline bool is_blank(std::int32_t code) { return category_of(code) == UTF8PROC_CATEGORY_ZS; }
/// A mark that takes no room of its own: an accent.
inline bool is_accent(std::int32_t code) { return category_of(code) == UTF8PROC_CATEGORY_MN; }
inline std::int32_t lower_of(std::int32_t code) { return utf8proc_tolower(code); }

inline void append_letter(std::string& text, std::int32_t code) {
    utf8proc_uint8_t bytes[4];
    const auto count = utf8proc_encode_char(code, bytes);
    text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
}
/// Calls `take` with the letters of the canonical decomposition (NFD) of a letter.
template <class Take>
void decompose(std::int32_t code, const Take& take) {
    utf8proc_int32_t letters[16];
    int boundary = 0;
    const auto count = utf8proc_decompose_char(code, letters, 16, UTF8PROC_DECOMPOSE, &boundary);
    for (utf8proc_ssize_t i = 0; i < count && i < 16; ++i) take(letters[i]);
}

#else

inline constexpr bool has_unicode = false;
// Nobody has a tokenizer that could call them.
inline letter_kind kind_of(std::int32_t) { return letter_kind::other; }
inline bool is_blank(std::int32_t) { return false; }
inline bool is_accent(std::int32_t) { return false; }
inline std::int32_t lower_of(std::int32_t code) { return code; }
inline void append_letter(std::string&, std::int32_t) {}
template <class Take>
void decompose(std::int32_t, const Take&) {}

#endif

inline file_failure without_unicode(const std::string& path) {
    return {path, "a program built with utf8proc (Debian: libutf8proc-dev)", "one without"};
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
