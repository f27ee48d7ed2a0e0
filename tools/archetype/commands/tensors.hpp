// SPDX-License-Identifier: BSL-1.0
/// @file tensors.hpp
/// Files of tensors without a graph: safetensors, state dicts and checkpoints of torch.save.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
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

/// Nothing if the file is of another kind. @throws file_error
std::optional<tensor_list> listed_tensors(const std::filesystem::path& path);

}  // namespace archetype::commands
