// SPDX-License-Identifier: BSL-1.0
// More tokens than the 256 bytes as the members of a JSON object; behind a zero merges; behind another one a text.
#include "fuzz.hpp"

#include <archetype/text/byte_pair_tokenizer.hpp>

#include <algorithm>
#include <vector>

namespace at = archetype;

namespace {

/// `{"!": 0, ...`: the bytes, without the end of the object.
const std::string& bytes_as_tokens() {
    static const std::string made = [] {
        std::string text = "{";
        for (std::size_t byte = 0; byte < 256; ++byte) {
            std::string letter;
            at::detail::append_letter(letter, at::detail::letters_of_bytes[byte]);
            text += (byte == 0 ? "\"" : ", \"") +
                    (letter == "\"" || letter == "\\" ? "\\" + letter : letter) +
                    "\": " + std::to_string(byte);
        }
        return text;
    }();
    return made;
}
std::vector<std::byte> bytes_of(const std::string& text) {
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    return {first, first + text.size()};
}

}  // namespace

void fuzz::read(input bytes) {
    const auto part = [&] {
        const auto zero =
            static_cast<std::size_t>(std::find(bytes.begin(), bytes.end(), std::byte{0}) - bytes.begin());
        const input own = bytes.first(zero);
        bytes = bytes.subspan(std::min(zero + 1, bytes.size()));
        return std::string(reinterpret_cast<const char*>(own.data()), own.size());
    };
    const std::string more = part(), merges = part();
    (void)at::byte_pair_tokenizer::try_parse(bytes_of(more), "memory", {}, "memory", {.special = {}});
    const auto made = at::byte_pair_tokenizer::try_parse(bytes_of(bytes_as_tokens() + more), "memory",
                                                         bytes_of(merges), "memory", {.special = {}});
    if (!made) return;
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (made->decode(made->encode(text)) != text) std::abort();
}
