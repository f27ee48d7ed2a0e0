// SPDX-License-Identifier: BSL-1.0
/// @file gzip.hpp
/// Reads gzip (RFC 1952) with zlib. `ARCHETYPE_HAS_ZLIB` is 1 where <zlib.h> is found (link with -lz) unless
/// defined before; with 0, a compressed file is an error that says so.
#pragma once
#include <archetype/data/file_error.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#if !defined(ARCHETYPE_HAS_ZLIB)
#if __has_include(<zlib.h>)
#define ARCHETYPE_HAS_ZLIB 1
#else
#define ARCHETYPE_HAS_ZLIB 0
#endif
#endif
#if ARCHETYPE_HAS_ZLIB
#include <zlib.h>

#include <algorithm>
#include <limits>
#endif

namespace archetype {

/// Whether the bytes begin as every gzip file does: 1F 8B.
inline bool is_gzip(std::span<const std::byte> bytes) {
    return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

#if ARCHETYPE_HAS_ZLIB
/// Decompresses bytes in memory piece by piece, so that a caller can look at a header before it makes room
/// for the rest. Several members one after another count as one stream. The checksum is verified when the end
/// is reached.
class gzip_stream {
public:
    /// `compressed` must outlive the stream; `path` is for messages. @throws file_error if zlib cannot start
    gzip_stream(std::span<const std::byte> compressed, std::string path)
        : rest_(compressed), path_(std::move(path)) {
        if (inflateInit2(&state_, 16 + MAX_WBITS) != Z_OK) fail("memory for decompression", "none");
    }
    gzip_stream(const gzip_stream&) = delete;
    gzip_stream& operator=(const gzip_stream&) = delete;
    ~gzip_stream() { inflateEnd(&state_); }

    /// Writes up to `to.size()` bytes and returns how many; fewer only at the end of the stream.
    /// @throws file_error if the stream is damaged, cut short or followed by something else
    std::size_t read(std::span<std::byte> to) {
        std::size_t written = 0;
        while (written < to.size() && !ended_) written += step(to.subspan(written));
        total_ += written;
        return written;
    }

private:
    std::size_t step(std::span<std::byte> to) {
        constexpr std::size_t limit = std::numeric_limits<uInt>::max();
        const auto in = static_cast<uInt>(std::min(rest_.size(), limit));
        const auto out = static_cast<uInt>(std::min(to.size(), limit));
        // zlib does not write through next_in; its type is historical.
        state_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(rest_.data()));
        state_.avail_in = in;
        state_.next_out = reinterpret_cast<Bytef*>(to.data());
        state_.avail_out = out;
        const int code = inflate(&state_, Z_NO_FLUSH);
        const std::size_t written = out - state_.avail_out;
        rest_ = rest_.subspan(in - state_.avail_in);
        if (code == Z_STREAM_END) {
            if (rest_.empty()) {
                ended_ = true;
            } else {
                if (!is_gzip(rest_))
                    fail("nothing after the gzip stream", std::to_string(rest_.size()) + " more bytes");
                inflateReset(&state_);
            }
        } else if (code == Z_BUF_ERROR || (code == Z_OK && written == 0 && rest_.empty())) {
            fail("a complete gzip stream",
                 "one that is cut short after " + std::to_string(total_ + written) + " decompressed bytes");
        } else if (code != Z_OK) {
            fail("a valid gzip stream", state_.msg ? "\"" + std::string(state_.msg) + "\"" : "a damaged one");
        }
        return written;
    }
    [[noreturn]] void fail(std::string expected, std::string found) const {
        throw file_error({path_, std::move(expected), std::move(found)});
    }

    std::span<const std::byte> rest_;
    std::string path_;
    z_stream state_{};
    std::size_t total_ = 0;
    bool ended_ = false;
};
#endif

namespace detail {

/// The content of a file: what gzip compressed, or the bytes as they are. @throws file_error as `gzip_stream`, and
/// for compressed bytes without zlib
inline std::vector<std::byte> decompressed(std::vector<std::byte> bytes, const std::string& path) {
    if (!is_gzip(bytes)) return bytes;
#if ARCHETYPE_HAS_ZLIB
    gzip_stream stream(bytes, path);
    std::vector<std::byte> content;
    for (std::size_t got = 0, room = 1 << 16;; room *= 2) {
        content.resize(got + room);
        const std::size_t more = stream.read(std::span(content).subspan(got));
        got += more;
        if (more < room) {
            content.resize(got);
            return content;
        }
    }
#else
    throw file_error({path, "a file that is not compressed (this program is built without zlib)",
                      "a gzip-compressed file"});
#endif
}

}  // namespace detail
}  // namespace archetype
