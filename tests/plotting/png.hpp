// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <utility>

#include "../temporary_directory.hpp"

namespace testing {

/// Width and height that a PNG file states; zeros if it is none.
inline std::pair<unsigned, unsigned> png_size(const std::filesystem::path& path) {
    const std::vector<unsigned char> bytes = read_bytes(path);
    if (bytes.size() < 24 || bytes[0] != 0x89 || bytes[1] != 'P' || bytes[2] != 'N' || bytes[3] != 'G')
        return {};
    const auto word = [&](std::size_t at) {
        return static_cast<unsigned>(bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 |
                                     bytes[at + 3]);
    };
    return {word(16), word(20)};
}

}  // namespace testing
