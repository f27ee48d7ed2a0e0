// SPDX-License-Identifier: BSL-1.0
#include "tensors.hpp"

#include <archetype/interchange/safetensors.hpp>
#include <archetype/interchange/torch_file.hpp>

#include <array>
#include <fstream>

namespace archetype::commands {

std::optional<tensor_list> listed_tensors(const std::filesystem::path& path) {
    std::array<char, 512> beginning{};
    std::ifstream(path, std::ios::binary).read(beginning.data(), beginning.size());
    const std::string_view text(beginning.data(), beginning.size());
    const std::string extension = path.extension().string();
    const bool is_named_torch = extension == ".pt" || extension == ".pth";
    if (extension == ".safetensors" ||
        (text[8] == '{' && text.substr(4, 4) == std::string_view("\0\0\0\0", 4))) {
        const safetensors_file file = read_safetensors(path);
        return listed("safetensors", file.tensors(), {});
    }
    // Of archives those with the pickle of torch.save, whose name stands first.
    const bool is_archive = text.starts_with("PK\x03\x04") && text.find("data.pkl") != text.npos;
    if (is_named_torch || is_archive || text.starts_with("\x80\x02")) {
        const torch_file file = read_torch(path, {.everywhere = true});
        return listed("torch.save", file.tensors(), {file.other_keys().begin(), file.other_keys().end()});
    }
    return std::nullopt;
}

}  // namespace archetype::commands
