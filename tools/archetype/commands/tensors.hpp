// SPDX-License-Identifier: BSL-1.0
/// @file tensors.hpp
/// Files of tensors without a graph: safetensors, state dicts and checkpoints of torch.save.
#pragma once
#include <archetype/interchange/tensor_entry.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace archetype::commands {

struct listed_tensor {
    std::string name, type;
    std::vector<std::int64_t> shape;
    std::int64_t elements = 0;
};
struct tensor_list {
    std::string format;
    std::vector<listed_tensor> tensors;
    std::vector<std::string> others;  ///< what stands beside them
    /// Numbers of real types; not how often batches were counted, and no steps of an optimizer.
    std::int64_t parameters = 0, bytes = 0;
};

tensor_list listed(std::string format, std::span<const tensor_entry> tensors,
                   std::vector<std::string> others);
/// What `inspect --json` writes.
std::string json_text(const tensor_list& of, const std::string& file);

/// Nothing if the file is of another kind. @throws file_error
std::optional<tensor_list> listed_tensors(const std::filesystem::path& path);

}  // namespace archetype::commands
