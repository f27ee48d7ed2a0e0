// SPDX-License-Identifier: BSL-1.0
/// @file path_parts.hpp
/// Names within files that are paths: "layers/dense/kernel".
#pragma once
#include <algorithm>
#include <archetype/instruction_set.hpp>
#include <cstddef>
#include <string_view>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A path cut at its slashes; the parts are views of it.
inline std::vector<std::string_view> parts_of_path(std::string_view path) {
    std::vector<std::string_view> made;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        made.push_back(path.substr(at, end - at));
        at = end + 1;
    }
    return made;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
