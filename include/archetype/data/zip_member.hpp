// SPDX-License-Identifier: BSL-1.0
/// @file zip_member.hpp
/// Members of a zip archive in memory, stored or deflated, with libzip. What the archive says of a size is checked before
/// there is memory. Works with -fno-exceptions.
#pragma once
#include <archetype/data/file_error.hpp>
#include <archetype/data/libzip.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// An archive, open for reading.
class zip_members {
#if ARCHETYPE_HAS_LIBZIP
public:
    /// @param bytes  must outlive the object
    static file_result<zip_members> try_open(std::span<const std::byte> bytes, std::string path) {
        zip_members made(std::move(path), bytes.size());
        zip_error_t error;
        zip_error_init(&error);
        zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
        if (source != nullptr) made.archive_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
        const std::string reason = zip_error_strerror(&error);
        zip_error_fini(&error);
        if (made.archive_) return made;
        if (source != nullptr) zip_source_free(source);
        return file_failure{made.path_, "a zip archive", "\"" + reason + "\""};
    }
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (zip_int64_t i = 0; i < zip_get_num_entries(archive_.get(), 0); ++i) {
            const char* const name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), 0);
            found.emplace_back(name != nullptr ? name : "");
        }
        return found;
    }
    /// One member. Formats that compress nothing take what is stored alone.
    file_result<std::vector<std::byte>> try_read(const std::string& name, bool only_stored = false) const {
        const std::string place = path_ + ": " + name;
        zip_stat_t known;
        zip_stat_init(&known);
        if (zip_stat(archive_.get(), name.c_str(), 0, &known) != 0)
            return file_failure{path_, "a member " + name, "none of this name"};
        const bool stored = known.comp_method == ZIP_CM_STORE;
        if (!stored && (only_stored || known.comp_method != ZIP_CM_DEFLATE))
            return file_failure{
                place,
                only_stored ? "a member that is stored as it is" : "a member that is stored or deflated",
                "method " + std::to_string(known.comp_method)};
        // Deflate makes at most 1032 bytes of one.
        if (known.comp_size > total_ || known.size / (stored ? 1 : 1032) > known.comp_size)
            return file_failure{place, std::to_string(known.size) + " bytes", "fewer in the archive"};
        const std::unique_ptr<zip_file_t, discard> file(zip_fopen_index(archive_.get(), known.index, 0));
        std::vector<std::byte> bytes(file ? static_cast<std::size_t>(known.size) : 0);
        std::size_t got = 0;
        while (file && got < bytes.size()) {
            const zip_int64_t more = zip_fread(file.get(), bytes.data() + got, bytes.size() - got);
            if (more <= 0) break;
            got += static_cast<std::size_t>(more);
        }
        std::byte end;  // the checksum is compared behind the last byte
        if (!file || got != bytes.size() || zip_fread(file.get(), &end, 1) != 0)
            return file_failure{place, std::to_string(known.size) + " bytes with the checksum of the archive",
                                "a member that cannot be read"};
        return bytes;
    }

private:
    zip_members(std::string path, std::uint64_t total) : path_(std::move(path)), total_(total) {}
    struct discard {
        void operator()(zip_t* archive) const { zip_discard(archive); }
        void operator()(zip_file_t* file) const { zip_fclose(file); }
    };
    std::string path_;
    std::uint64_t total_;
    std::unique_ptr<zip_t, discard> archive_{};
#else
public:
    static file_result<zip_members> try_open(std::span<const std::byte>, std::string path) {
        return file_failure{std::move(path), "a program built with libzip (Debian: libzip-dev)",
                            "one without"};
    }
    std::vector<std::string> names() const { return {}; }
    file_result<std::vector<std::byte>> try_read(const std::string&, bool = false) const {
        return std::vector<std::byte>{};
    }
#endif
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
