// SPDX-License-Identifier: BSL-1.0
/// @file zip_member.hpp
/// Members of a zip archive in memory, stored or deflated, with libzip. What the archive says of a size is checked before
/// there is memory.
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

/// An archive, open for reading. @throws file_error
class zip_members {
#if ARCHETYPE_HAS_LIBZIP
public:
    /// @param bytes  must outlive the object
    zip_members(std::span<const std::byte> bytes, std::string path)
        : path_(std::move(path)), total_(bytes.size()) {
        zip_error_t error;
        zip_error_init(&error);
        zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
        if (source != nullptr) archive_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
        std::string reason = zip_error_strerror(&error);
        zip_error_fini(&error);
        if (archive_) return;
        if (source != nullptr) zip_source_free(source);
        throw file_error({path_, "a zip archive", "\"" + reason + "\""});
    }
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (zip_int64_t i = 0; i < zip_get_num_entries(archive_.get(), 0); ++i) {
            const char* const name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), 0);
            found.emplace_back(name != nullptr ? name : "");
        }
        return found;
    }
    std::vector<std::byte> read(const std::string& name) const {
        const std::string place = path_ + ": " + name;
        zip_stat_t known;
        zip_stat_init(&known);
        if (zip_stat(archive_.get(), name.c_str(), 0, &known) != 0)
            throw file_error({path_, "a member " + name, "none of this name"});
        const bool stored = known.comp_method == ZIP_CM_STORE;
        if (!stored && known.comp_method != ZIP_CM_DEFLATE)
            throw file_error({place, "a member that is stored or deflated",
                              "method " + std::to_string(known.comp_method)});
        // Deflate makes at most 1032 bytes of one.
        if (known.comp_size > total_ || known.size / (stored ? 1 : 1032) > known.comp_size)
            throw file_error({place, std::to_string(known.size) + " bytes", "fewer in the archive"});
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
            throw file_error({place, "a member that can be read", "a damaged one"});
        return bytes;
    }

private:
    struct discard {
        void operator()(zip_t* archive) const { zip_discard(archive); }
        void operator()(zip_file_t* file) const { zip_fclose(file); }
    };
    std::string path_;
    std::uint64_t total_ = 0;
    std::unique_ptr<zip_t, discard> archive_{};
#else
public:
    zip_members(std::span<const std::byte>, const std::string& path) {
        throw file_error({path, "a program built with libzip (Debian: libzip-dev)", "one without"});
    }
    std::vector<std::string> names() const { return {}; }
    std::vector<std::byte> read(const std::string&) const { return {}; }
#endif
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
