// SPDX-License-Identifier: BSL-1.0
/// @file markup_text.hpp
/// Texts within HTML and SVG, in elements and in quoted attributes.
#pragma once
#include <archetype/instruction_set.hpp>

#include <string>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Without what a page would take for its own, and without control characters, which XML refuses.
inline std::string markup_text(const std::string& plain) {
    std::string text;
    for (const char letter : plain) {
        if (letter == '&')
            text += "&amp;";
        else if (letter == '<')
            text += "&lt;";
        else if (letter == '>')
            text += "&gt;";
        else if (letter == '"')
            text += "&quot;";
        else if (static_cast<unsigned char>(letter) >= ' ' || letter == '\n' || letter == '\t')
            text += letter;
    }
    return text;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
