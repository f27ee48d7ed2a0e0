// SPDX-License-Identifier: BSL-1.0
/// @file gzip.hpp
/// Reads gzip (RFC 1952) with zlib. `ARCHETYPE_HAS_ZLIB` is 1 where <zlib.h> is found (link with -lz) unless
/// defined before; with 0, a compressed file is an error that says so.
#pragma once
#include <archetype/data/file_error.hpp>
#include <cstddef>
#include <span>
#include <string>

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
#include <functional>
#include <limits>
#endif

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

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
        : gzip_stream([] { return std::span<const std::byte>(); }, std::move(path)) {
        rest_ = compressed;
    }
    /// `next` returns the next compressed bytes, which stay until it is called again; none at the end.
    gzip_stream(std::function<std::span<const std::byte>()> next, std::string path)
        : next_(std::move(next)), path_(std::move(path)) {
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
        if (rest_.empty()) rest_ = next_();
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
            if (rest_.empty()) rest_ = next_();
            if (rest_.empty()) {
                ended_ = true;
            } else {
                if (rest_.front() != std::byte{0x1F} || (rest_.size() > 1 && !is_gzip(rest_)))
                    fail("nothing after the gzip stream", std::to_string(rest_.size()) + " more bytes");
                inflateReset(&state_);
            }
        } else if (code == Z_BUF_ERROR || (code == Z_OK && written == 0 && in == 0)) {
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

    std::function<std::span<const std::byte>()> next_;
    std::span<const std::byte> rest_{};
    std::string path_;
    z_stream state_{};
    std::size_t total_ = 0;
    bool ended_ = false;
};
#endif

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
