// SPDX-License-Identifier: BSL-1.0
/// @file npz.hpp
/// Reads archives of arrays that NumPy saved (`numpy.savez`, `numpy.savez_compressed`) with libzip.
/// With `ARCHETYPE_HAS_LIBZIP` 0 (libzip.hpp) there is only an error that says so.
#pragma once
#include <archetype/data/libzip.hpp>
#include <archetype/data/npy.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// An archive of named arrays, open for reading.
class npz_file {
#if ARCHETYPE_HAS_LIBZIP
public:
    /// @throws file_error if it is no archive
    explicit npz_file(const std::filesystem::path& path, const read_limits& limits = {})
        : path_(path.string()), limits_(limits) {
        int code = 0;
        archive_.reset(zip_open(path_.c_str(), ZIP_RDONLY, &code));
        std::error_code unknown;
        bytes_ = std::filesystem::file_size(path, unknown);
        if (archive_) return;
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        const std::string reason = zip_error_strerror(&error);
        zip_error_fini(&error);
        detail::npy_fail(path_, "a zip archive", "\"" + reason + "\"");
    }

    /// Of the arrays, in the order of the file.
    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (zip_int64_t i = 0; i < zip_get_num_entries(archive_.get(), 0); ++i) {
            const char* const known = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), 0);
            std::string name = known != nullptr ? known : "";
            if (name.ends_with(".npy")) name.resize(name.size() - 4);
            found.push_back(std::move(name));
        }
        return found;
    }

    /// One array, as `read_npy`. @throws file_error, also if there is none of this name or its checksum is wrong
    template <class T>
    xt::xarray<T> read(const std::string& name) const {
        entry source(*this, name);
        return detail::npy_tensor<xt::xarray<T>>(source);
    }
    template <class T, std::size_t Rank>
    xt::xtensor<T, Rank> read(const std::string& name) const {
        entry source(*this, name);
        return detail::npy_tensor<xt::xtensor<T, Rank>>(source);
    }

private:
    struct discard {
        void operator()(zip_t* archive) const { zip_discard(archive); }
        void operator()(zip_file_t* file) const { zip_fclose(file); }
    };

    /// One file of the archive as a `detail::file_source`: what the archive says of it is checked before there is memory.
    class entry {
    public:
        entry(const npz_file& from, const std::string& name) : path_(from.path_ + ": " + name) {
            zip_t* const archive = from.archive_.get();
            zip_stat_t known;
            zip_stat_init(&known);
            if (zip_stat(archive, (name + ".npy").c_str(), 0, &known) != 0) {
                std::string all;
                for (const std::string& other : from.names()) all += (all.empty() ? "" : ", ") + other;
                detail::npy_fail(from.path_, "an array " + name,
                                 "only " + (all.empty() ? "an empty archive" : all));
            }
            size_ = known.size;
            if (known.comp_size > from.bytes_ ||
                (known.comp_method == ZIP_CM_STORE && size_ != known.comp_size))
                detail::npy_fail(path_, "an array within " + std::to_string(from.bytes_) + " bytes",
                                 std::to_string(known.comp_size) + " bytes");
            if (known.comp_method != ZIP_CM_STORE) {
                detail::check_limit(path_, size_, from.limits_.decompressed_bytes, "decompressed_bytes",
                                    "bytes after decompression");
                // NumPy writes no other method; only of deflate is known what it holds at most.
                if (known.comp_method != ZIP_CM_DEFLATE || size_ / detail::deflate_limit > known.comp_size)
                    detail::npy_fail(
                        path_, "an array that is stored or deflated",
                        known.comp_method != ZIP_CM_DEFLATE
                            ? "method " + std::to_string(known.comp_method)
                            : std::to_string(size_) + " bytes in " + std::to_string(known.comp_size));
            }
            file_.reset(zip_fopen_index(archive, known.index, 0));
            if (!file_) detail::npy_fail(path_, "an array that can be read", reason(zip_get_error(archive)));
        }
        const std::string& path() const { return path_; }
        std::uint64_t given() const { return given_; }
        std::size_t read(std::span<std::byte> to) {
            std::size_t got = 0;
            while (got < to.size()) {
                const zip_int64_t more = zip_fread(file_.get(), to.data() + got, to.size() - got);
                if (more < 0)
                    detail::npy_fail(path_, "an array that can be read",
                                     reason(zip_file_get_error(file_.get())));
                if (more == 0) break;
                got += static_cast<std::size_t>(more);
            }
            given_ += got;
            return got;
        }
        void announce(std::uint64_t rest) const {
            if (rest != size_ - std::min(given_, size_)) fail_size(given_ + rest, size_);
        }
        /// The checksum is compared at the end.
        void end() {
            std::byte more;
            if (read({&more, 1}) != 0) fail_size(given_ - 1, given_);
        }
        [[noreturn]] void fail_size(std::uint64_t expected, std::uint64_t found) const {
            detail::npy_fail(path_, std::to_string(expected) + " bytes", std::to_string(found) + " bytes");
        }

    private:
        std::string path_;
        std::uint64_t size_ = 0, given_ = 0;
        std::unique_ptr<zip_file_t, discard> file_;
    };
    static std::string reason(zip_error_t* error) {
        return "\"" + std::string(zip_error_strerror(error)) + "\"";
    }

    std::string path_;
    read_limits limits_;
    std::uint64_t bytes_ = 0;
    std::unique_ptr<zip_t, discard> archive_;
#else
public:
    explicit npz_file(const std::filesystem::path& path, const read_limits& = {}) {
        detail::npy_fail(path.string(), "a program built with libzip (Debian: libzip-dev)", "one without");
    }
    std::vector<std::string> names() const { return {}; }
    template <class T>
    xt::xarray<T> read(const std::string&) const {
        return {};
    }
    template <class T, std::size_t Rank>
    xt::xtensor<T, Rank> read(const std::string&) const {
        return {};
    }
#endif
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
