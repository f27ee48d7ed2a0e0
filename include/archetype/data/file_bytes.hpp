// SPDX-License-Identifier: BSL-1.0
/// @file file_bytes.hpp
/// A whole file as bytes.
#pragma once
#include <archetype/data/file_error.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace archetype {

/// The bytes of a regular file, or why they cannot be had. Does not throw except for lack of memory.
inline file_result<std::vector<std::byte>> try_read_file(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return file_failure{path.string(), "a file", "none"};
    if (!std::filesystem::is_regular_file(status))
        return file_failure{path.string(), "a regular file", "a directory or a special file"};
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error) return file_failure{path.string(), "a readable file", error.message()};

    struct close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, close> file(std::fopen(path.string().c_str(), "rb"));
    if (!file) return file_failure{path.string(), "a readable file", "one that cannot be opened"};
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    const std::size_t count = bytes.empty() ? 0 : std::fread(bytes.data(), 1, bytes.size(), file.get());
    if (count != bytes.size() || std::fgetc(file.get()) != EOF)
        return file_failure{path.string(), std::to_string(size) + " bytes",
                            "a file that cannot be read to its end or changes while it is read"};
    return bytes;
}

}  // namespace archetype
