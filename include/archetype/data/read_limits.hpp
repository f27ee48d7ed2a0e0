// SPDX-License-Identifier: BSL-1.0
/// @file read_limits.hpp
/// What readers make at most of a file, which may announce more than it holds, or hold a thousand times its size.
#pragma once
#include <archetype/data/file_error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Limits of readers. A file beyond one is a `file_error` that names the limit, before there is memory for it.
struct read_limits {
    /// Bytes of what a compressed file, or one array of a compressed archive, holds. Files that are not compressed have no
    /// limit: nothing is made of them that their own bytes do not fill.
    std::uint64_t decompressed_bytes = std::uint64_t{1} << 30;
    std::size_t columns = 1'000'000;  ///< of a table
    std::size_t classes = 1'000'000;  ///< different labels of a table
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// @throws file_error if `found` is above `limit`
inline void check_limit(const std::string& path, std::uint64_t found, std::uint64_t limit, const char* option,
                        const char* what) {
    if (found > limit)
        throw file_error({path,
                          "at most " + std::to_string(limit) + " " + what + " (read_limits::" + option + ")",
                          std::to_string(found)});
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
