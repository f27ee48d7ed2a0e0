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

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

struct close_file {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

/// A regular file, open for reading, and its size.
struct open_file {
    std::unique_ptr<std::FILE, close_file> file;
    std::uint64_t size = 0;
};

#if defined(_LIBCPP_HAS_NO_FILESYSTEM)
/// A system without files, such as a page in a browser: bytes come in another way.
inline file_result<open_file> try_open_file(const std::filesystem::path& path) {
    return file_failure{path.string(), "a file", "none, as there is no file system"};
}
#else
inline file_result<open_file> try_open_file(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return file_failure{path.string(), "a file", "none"};
    if (!std::filesystem::is_regular_file(status))
        return file_failure{path.string(), "a regular file", "a directory or a special file"};
    open_file made;
    made.size = std::filesystem::file_size(path, error);
    if (error) return file_failure{path.string(), "a readable file", error.message()};
    made.file.reset(std::fopen(path.string().c_str(), "rb"));
    if (!made.file) return file_failure{path.string(), "a readable file", "one that cannot be opened"};
    return made;
}
#endif

inline file_failure changed_file(const std::string& path, std::uint64_t size) {
    return {path, std::to_string(size) + " bytes",
            "a file that cannot be read to its end or changes while it is read"};
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The bytes of a regular file, or why they cannot be had. Does not throw.
inline file_result<std::vector<std::byte>> try_read_file(const std::filesystem::path& path) {
    using result = file_result<std::vector<std::byte>>;
    return detail::without_throwing(path.string(), [&]() -> result {
        auto opened = detail::try_open_file(path);
        if (!opened) return opened.failure();
        std::vector<std::byte> bytes(static_cast<std::size_t>(opened->size));
        const std::size_t count =
            bytes.empty() ? 0 : std::fread(bytes.data(), 1, bytes.size(), opened->file.get());
        if (count != bytes.size() || std::fgetc(opened->file.get()) != EOF)
            return detail::changed_file(path.string(), opened->size);
        return bytes;
    });
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
