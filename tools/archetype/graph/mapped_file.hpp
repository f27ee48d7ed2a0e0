// SPDX-License-Identifier: BSL-1.0
/// @file mapped_file.hpp
/// The bytes of a file where the system has them, without a copy: pages are read when they are looked at.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace archetype::graph {

struct file_bytes {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;
};

/// A regular file, mapped. It must not become shorter while it is used. @throws file_error
file_bytes map_file(const std::filesystem::path& path);
/// `size` bytes of it from `offset` on, which it has to have. @throws file_error
file_bytes map_file(const std::filesystem::path& path, std::uint64_t offset, std::size_t size);

}  // namespace archetype::graph
