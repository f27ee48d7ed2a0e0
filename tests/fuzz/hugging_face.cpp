// SPDX-License-Identifier: BSL-1.0
// Files of Hugging Face: behind a zero weights, behind another byte a configuration beside weights that lack every tensor.
#include "fuzz.hpp"

#include <archetype/interchange/hugging_face/load_bert.hpp>
#include <archetype/interchange/hugging_face/load_gpt2.hpp>
#include <archetype/zoo/bert.hpp>
#include <archetype/zoo/gpt.hpp>

namespace at = archetype;

namespace {

void read_both(const std::filesystem::path& weights, const at::hugging_face_options& options) {
    static at::model<at::zoo::gpt<1, 4, 2, 3, 5, 6>> gpt2;
    static at::model<at::zoo::bert_encoder<1, 4, 2, 3, 6, at::zoo::bert_pooler<4>>> bert;
    (void)at::try_load_gpt2(gpt2, weights, options);
    (void)at::try_load_bert(bert, weights, options);
}

}  // namespace

void fuzz::read(input bytes) {
    if (bytes.empty()) return;
    const file stored(bytes.subspan(1));
    if (bytes[0] == std::byte{0}) return read_both(stored.path(), {});
    constexpr std::string_view nothing("\2\0\0\0\0\0\0\0{}", 10);
    static const file empty({reinterpret_cast<const std::byte*>(nothing.data()), nothing.size()});
    read_both(empty.path(), {.config = stored.path()});
}
