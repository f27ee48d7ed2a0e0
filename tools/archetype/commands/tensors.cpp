// SPDX-License-Identifier: BSL-1.0
#include "tensors.hpp"

#include <archetype/interchange/safetensors.hpp>
#include <archetype/interchange/torch_file.hpp>

#include <array>
#include <fstream>

namespace archetype::commands {

namespace {

tensor_list list_of(std::string format, std::span<const tensor_entry> tensors,
                    std::vector<std::string> others) {
    tensor_list made;
    made.format = std::move(format);
    made.others = std::move(others);
    for (const tensor_entry& one : tensors) {
        listed_tensor entry{one.name, one.dtype, {one.shape.begin(), one.shape.end()}, 1};
        for (const std::int64_t extent : entry.shape) entry.elements *= extent;
        const bool is_real = one.dtype.starts_with("F") || one.dtype == "BF16";
        if (is_real && !one.name.starts_with("optimizer")) made.parameters += entry.elements;
        made.bytes += static_cast<std::int64_t>(one.data.size());
        made.tensors.push_back(std::move(entry));
    }
    return made;
}

}  // namespace

std::optional<tensor_list> listed_tensors(const std::filesystem::path& path) {
    std::array<char, 512> beginning{};
    std::ifstream(path, std::ios::binary).read(beginning.data(), beginning.size());
    const std::string_view text(beginning.data(), beginning.size());
    const std::string extension = path.extension().string();
    const bool is_named_torch = extension == ".pt" || extension == ".pth";
    if (extension == ".safetensors" ||
        (text[8] == '{' && text.substr(4, 4) == std::string_view("\0\0\0\0", 4))) {
        const safetensors_file file = read_safetensors(path);
        return list_of("safetensors", file.tensors(), {});
    }
    // Of archives those with the pickle of torch.save, whose name stands first.
    const bool is_archive = text.starts_with("PK\x03\x04") && text.find("data.pkl") != text.npos;
    if (is_named_torch || is_archive || text.starts_with("\x80\x02")) {
        const torch_file file = read_torch(path, {.everywhere = true});
        return list_of("torch.save", file.tensors(), {file.other_keys().begin(), file.other_keys().end()});
    }
    return std::nullopt;
}

}  // namespace archetype::commands
