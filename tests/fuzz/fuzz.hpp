// SPDX-License-Identifier: BSL-1.0
/// @file fuzz.hpp
/// What the targets share. A reader may say that a file is none of its kind (`file_error`, a failure as a value); whatever
/// else it does, in a second and some memory, is a finding.
#pragma once
#include <archetype/data/file_error.hpp>

#include <sys/mman.h>
#include <unistd.h>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>

namespace fuzz {

using input = std::span<const std::byte>;

/// Bytes as a file, in memory.
class file {
public:
    explicit file(input bytes) : number_(::memfd_create("fuzz", 0)) {
        if (number_ < 0 || ::write(number_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
            std::abort();
        path_ = "/proc/self/fd/" + std::to_string(number_);
    }
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file() { ::close(number_); }
    const std::filesystem::path& path() const { return path_; }

private:
    int number_;
    std::filesystem::path path_;
};

template <class Read>
void expect_value_or_file_error(const Read& read) {
    try {
        read();
    } catch (const archetype::file_error&) {
    }
}

/// Defined by each target.
void read(input bytes);

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read(std::as_bytes(std::span(data, size)));
    return 0;
}
