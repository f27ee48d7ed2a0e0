// SPDX-License-Identifier: BSL-1.0
/// @file write_file.hpp
/// Writes a file completely or not at all.
#pragma once
#include <archetype/data/file_error.hpp>
#include <archetype/data/file_parts.hpp>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#if __has_include(<unistd.h>) && __has_include(<sys/stat.h>) && !defined(__wasi__)
#include <archetype/interchange/replace_file.hpp>
#else
#include <cstdio>
#endif

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// `try_write_file` of parts that are made one after another.
inline std::optional<file_failure> write_file(const std::filesystem::path& path, write_parts parts) {
    using result = std::optional<file_failure>;
    return without_throwing(path.string(), [&]() -> result {
#if defined(_LIBCPP_HAS_NO_FILESYSTEM)
        (void)parts;
        return file_failure{path.string(), "a file that can be written", "no file system"};
#elif __has_include(<unistd.h>) && __has_include(<sys/stat.h>) && !defined(__wasi__)
        return replace_file(path, parts);
#else
        std::filesystem::path temporary = path;
        temporary += ".tmp";
        std::FILE* const file = std::fopen(temporary.string().c_str(), "wb");
        bool written = file != nullptr;
        for (std::size_t index = 0; written && index < parts.size(); ++index) {
            const std::span<const std::byte> part = parts[index];
            written = part.empty() || std::fwrite(part.data(), 1, part.size(), file) == part.size();
        }
        if (file != nullptr) written = std::fclose(file) == 0 && written;
        std::error_code error, ignored;
        if (written) std::filesystem::rename(temporary, path, error);
        if (written && !error) return std::nullopt;
        std::filesystem::remove(temporary, ignored);
        return file_failure{path.string(), "a file that can be written", error ? error.message() : "none"};
#endif
    });
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Writes the parts one after another as the new content of `path`: whoever opens `path` finds the old content or the new
/// one, never a part, also if the machine stops. Returns why it could not be done, with the old content as it was, or
/// nothing. Does not throw.
///
/// A file that is there keeps its mode, and its owner where this process may give files away; one without permission to
/// write is an error, also for root. Symbolic links stay, what they lead to is written. Devices and FIFOs that somebody
/// reads are written into; other special files are errors. The new content is a file of its own: further names (hard
/// links) of the old one keep the old content.
inline std::optional<file_failure> try_write_file(const std::filesystem::path& path,
                                                  std::span<const std::span<const std::byte>> parts) {
    return detail::write_file(path, parts);
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
