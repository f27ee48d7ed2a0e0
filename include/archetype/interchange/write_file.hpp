// SPDX-License-Identifier: BSL-1.0
/// @file write_file.hpp
/// Writes a file completely or not at all.
#pragma once
#include <archetype/data/file_error.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <system_error>
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace archetype {

/// Writes the parts one after another to a temporary file next to `path` and renames it, so that whoever
/// opens `path` finds the old content or the new one, never a part. Nothing is left behind on failure.
/// Returns why it could not be done, or nothing. Does not throw except for lack of memory.
inline std::optional<file_failure> try_write_file(const std::filesystem::path& path,
                                                  std::span<const std::span<const std::byte>> parts) {
    const auto failure = [&](int code) {
        return file_failure{path.string(), "a file that can be written", std::strerror(code)};
    };
    std::random_device random;
    std::filesystem::path temporary;
    std::FILE* file = nullptr;
    for (int attempt = 0; attempt < 16 && file == nullptr;
         ++attempt) {  // "x": never another's temporary file
        temporary = path;
        temporary += ".tmp" + std::to_string(random());
        errno = 0;
        file = std::fopen(temporary.string().c_str(), "wbx");
        if (file == nullptr && errno != EEXIST) return failure(errno);
    }
    if (file == nullptr) return failure(EEXIST);

    bool written = true;
    for (const std::span<const std::byte> part : parts)
        written = written && (part.empty() || std::fwrite(part.data(), 1, part.size(), file) == part.size());
    written = std::fflush(file) == 0 && written;
#if __has_include(<unistd.h>)
    written = written && fsync(fileno(file)) == 0;  // content before name, should the machine stop here
#endif
    const int write_code = errno;
    written = std::fclose(file) == 0 && written;
    std::error_code ignored;
    if (!written) {
        std::filesystem::remove(temporary, ignored);
        return failure(write_code != 0 ? write_code : EIO);
    }
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    if (error) {
        std::filesystem::remove(temporary, ignored);
        return file_failure{path.string(), "a file that can be written", error.message()};
    }
    return std::nullopt;
}

}  // namespace archetype
