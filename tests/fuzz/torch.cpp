// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/interchange/torch_file.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    for (const char* member : {"", "state_dict"}) {
        const auto parsed = at::try_parse_torch({bytes.begin(), bytes.end()}, "memory", {member});
        if (!parsed) continue;
        std::size_t sum = 0;
        for (const at::tensor_entry& tensor : parsed->tensors()) {
            const auto values = at::values_of<double>(tensor);
            sum += values ? values->size() : 0;
        }
        // Tensors may share a storage, but no tensor has more elements than the file bytes.
        if (!parsed->tensors().empty() && sum / parsed->tensors().size() > bytes.size()) std::abort();
    }
}
