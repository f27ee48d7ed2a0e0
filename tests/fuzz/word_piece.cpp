// SPDX-License-Identifier: BSL-1.0
// A vocabulary, and behind a zero a text that is encoded with it.
#include "fuzz.hpp"

#include <archetype/text/word_piece_tokenizer.hpp>

#include <algorithm>

namespace at = archetype;

void fuzz::read(input bytes) {
    const auto zero =
        static_cast<std::size_t>(std::find(bytes.begin(), bytes.end(), std::byte{0}) - bytes.begin());
    const auto made = at::word_piece_tokenizer::try_parse(bytes.first(zero), "memory");
    if (!made) return;
    const input rest = bytes.subspan(std::min(zero + 1, bytes.size()));
    const std::string_view text(reinterpret_cast<const char*>(rest.data()), rest.size());
    for (const auto how : {at::special_tokens::as_text, at::special_tokens::as_tokens}) {
        const auto tokens = made->encode(text, how);
        for (const std::uint32_t token : tokens)
            if (token >= made->size()) std::abort();
        (void)made->decode(tokens);
        (void)made->encode_input<16>(text, text, how);
    }
}
