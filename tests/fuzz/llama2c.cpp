// SPDX-License-Identifier: BSL-1.0
// Files of llama2.c: behind a zero weights, behind another byte a vocabulary, with which its own last bytes are encoded.
#include "fuzz.hpp"

#include <archetype/interchange/llama2c/load_llama2c.hpp>
#include <archetype/text/llama2c_tokenizer.hpp>
#include <archetype/zoo/llama.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    if (bytes.empty()) return;
    const input rest = bytes.subspan(1);
    if (bytes[0] == std::byte{0}) {
        static at::model<at::zoo::llama<1, 4, 8, 2, 1, 5, 6>> model;
        (void)at::try_load_llama2c(model, fuzz::file(rest).path());
        return;
    }
    const auto made = at::llama2c_tokenizer::try_parse(rest, "memory");
    if (!made) return;
    const input end = rest.last(rest.size() < 64 ? rest.size() : 64);
    const std::string_view text(reinterpret_cast<const char*>(end.data()), end.size());
    for (const std::uint32_t token : made->encode(text))
        if (token >= made->size()) std::abort();
}
