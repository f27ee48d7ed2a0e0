// SPDX-License-Identifier: BSL-1.0
#include "tensors.hpp"

namespace archetype::commands {

tensor_list listed(std::string format, std::span<const tensor_entry> tensors,
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

}  // namespace archetype::commands
