// SPDX-License-Identifier: BSL-1.0
/// @file special_tokens.hpp
/// Tokens that are no part of a text, such as "[MASK]" or "<|endoftext|>", where their names stand in one.
#pragma once
#include <archetype/instruction_set.hpp>

#include <cstddef>
#include <string_view>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What a special token's name means where it stands in a text.
enum class special_tokens {
    as_text,   ///< the letters that it has: texts of others end no document
    as_tokens  ///< the token
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Cuts a text at the names of `count` special tokens: calls `words(part)` for what stands before, between and behind them, and
/// `token(i)` for each. `name_of(i)` is the name of one; of two that begin at the same place the first counts.
template <class NameOf, class Words, class Token>
void cut_at_special_tokens(std::string_view text, special_tokens how, std::size_t count,
                           const NameOf& name_of, const Words& words, const Token& token) {
    while (!text.empty()) {
        std::size_t at = text.size(), which = 0;
        for (std::size_t i = 0; how == special_tokens::as_tokens && i < count; ++i)
            if (const std::size_t found = text.find(name_of(i)); found < at) at = found, which = i;
        words(text.substr(0, at));
        if (at == text.size()) break;
        token(which);
        text.remove_prefix(at + name_of(which).size());
    }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
