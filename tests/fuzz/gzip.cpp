// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/data/file_source.hpp>
#include <array>

namespace at = archetype;

void fuzz::read(input bytes) {
    std::array<std::byte, 1000> piece;
    // From memory and from a file the same bytes, or both an error.
    std::string one, other;
    expect_value_or_file_error([&] {
        at::gzip_stream stream(bytes, "memory");
        for (std::size_t got = piece.size(); got == piece.size() && one.size() < 1 << 20;) {
            got = stream.read(piece);
            one.append(reinterpret_cast<const char*>(piece.data()), got);
        }
    });
    if (!at::is_gzip(bytes)) one.clear();
    const file stored(bytes);
    expect_value_or_file_error([&] {
        at::detail::file_source source(stored.path(), {.decompressed_bytes = 1 << 21});
        for (std::size_t got = piece.size(); got == piece.size() && other.size() < 1 << 20;) {
            got = source.read(piece);
            other.append(reinterpret_cast<const char*>(piece.data()), got);
        }
    });
    if (at::is_gzip(bytes) && one != other) std::abort();
}
