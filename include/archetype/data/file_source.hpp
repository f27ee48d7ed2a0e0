// SPDX-License-Identifier: BSL-1.0
/// @file file_source.hpp
/// The content of a file from its begin to its end, decompressed where it is gzip, in pieces as large as the reader wants
/// them: nothing grows with what a file announces.
#pragma once
#include <archetype/data/file_bytes.hpp>
#include <archetype/data/gzip.hpp>
#include <archetype/data/read_limits.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// No deflate stream expands by more.
inline constexpr std::uint64_t deflate_limit = 1032;

class file_source {
public:
    /// @throws file_error if it is no regular file, cannot be read, or is compressed and there is no zlib
    explicit file_source(const std::filesystem::path& path, const read_limits& limits = {})
        : path_(path.string()), limit_(limits.decompressed_bytes) {
        open_file opened = try_open_file(path).value();
        file_ = std::move(opened.file);
        size_ = opened.size;
        buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size_ + 1, 1 << 16)));
        raw_ = next();
        if (!is_gzip(raw_)) return;
#if ARCHETYPE_HAS_ZLIB
        compressed_ = std::make_unique<gzip_stream>(
            [this, first = true]() mutable {
                if (std::exchange(first, false)) return raw_;
                return next();
            },
            path_);
#else
        throw file_error({path_, "a file that is not compressed (this program is built without zlib)",
                          "a gzip-compressed file"});
#endif
    }
    file_source(const file_source&) = delete;
    file_source& operator=(const file_source&) = delete;

    const std::string& path() const { return path_; }
    std::uint64_t given() const { return given_; }  ///< bytes so far

    /// Writes up to `to.size()` bytes and returns how many; fewer only at the end. @throws file_error
    std::size_t read(std::span<std::byte> to) {
        std::size_t written = 0;
#if ARCHETYPE_HAS_ZLIB
        if (compressed_) {
            written = compressed_->read(to);
            given_ += written;
            check_limit(path_, given_, limit_, "decompressed_bytes", "bytes after decompression");
            return written;
        }
#endif
        while (written < to.size() && !raw_.empty()) {
            const std::size_t some = std::min(raw_.size(), to.size() - written);
            std::copy_n(raw_.begin(), some, to.begin() + static_cast<std::ptrdiff_t>(written));
            raw_ = raw_.subspan(some);
            written += some;
            if (raw_.empty()) raw_ = next();
        }
        given_ += written;
        return written;
    }

    /// Before there is memory for them: exactly `rest` bytes must come. What is compressed is checked as far as its
    /// size tells. @throws file_error
    void announce(std::uint64_t rest) const {
        if (!is_compressed()) {
            if (rest != size_ - given_) fail_size(given_ + rest, size_);
            return;
        }
        if ((given_ + rest) / deflate_limit > size_)
            throw file_error({path_, std::to_string(given_ + rest) + " bytes after decompression",
                              "only " + std::to_string(size_) + " compressed bytes"});
        check_limit(path_, given_ + std::min(rest, ~given_), limit_, "decompressed_bytes",
                    "bytes after decompression");
    }
    /// After the last byte that was announced. @throws file_error if there are more
    void end() {
        std::byte more;
        if (read({&more, 1}) != 0)
            throw file_error({path_, std::to_string(given_ - 1) + " bytes" + after(), "more"});
    }
    /// @throws file_error
    [[noreturn]] void fail_size(std::uint64_t expected, std::uint64_t found) const {
        throw file_error(
            {path_, std::to_string(expected) + " bytes" + after(), std::to_string(found) + " bytes"});
    }

private:
    bool is_compressed() const {
#if ARCHETYPE_HAS_ZLIB
        return compressed_ != nullptr;
#else
        return false;
#endif
    }
    const char* after() const { return is_compressed() ? " after decompression" : ""; }

    /// The next bytes of the file as they are.
    std::span<const std::byte> next() {
        const std::size_t got = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
        taken_ += got;
        if (taken_ > size_ || (got < buffer_.size() && taken_ != size_))
            throw file_error(changed_file(path_, size_));
        return std::span(buffer_).first(got);
    }

    std::string path_;
    std::uint64_t limit_, size_ = 0, taken_ = 0, given_ = 0;  // given: after decompression
    std::unique_ptr<std::FILE, close_file> file_;
    std::vector<std::byte> buffer_;
    std::span<const std::byte> raw_;
#if ARCHETYPE_HAS_ZLIB
    std::unique_ptr<gzip_stream> compressed_;
#endif
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
