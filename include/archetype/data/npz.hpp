// SPDX-License-Identifier: BSL-1.0
/// @file npz.hpp
/// Reads archives of arrays that NumPy saved (`numpy.savez`, `numpy.savez_compressed`) with libzip.
/// `ARCHETYPE_HAS_LIBZIP` is 1 where <zip.h> is found (link with -lzip) unless defined before; with 0, there is only an
/// error that says so.
#pragma once
#include <archetype/data/npy.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#if !defined(ARCHETYPE_HAS_LIBZIP)
#if __has_include(<zip.h>)
#define ARCHETYPE_HAS_LIBZIP 1
#else
#define ARCHETYPE_HAS_LIBZIP 0
#endif
#endif
#if ARCHETYPE_HAS_LIBZIP
#include <zip.h>
#endif

namespace archetype {

/// An archive of named arrays, open for reading.
class npz_file {
#if ARCHETYPE_HAS_LIBZIP
public:
    /// @throws file_error if it is no archive
    explicit npz_file(const std::filesystem::path& path) : path_(path.string()) {
        int code = 0;
        archive_.reset(zip_open(path_.c_str(), ZIP_RDONLY, &code));
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
            std::string name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), 0);
            if (name.ends_with(".npy")) name.resize(name.size() - 4);
            found.push_back(std::move(name));
        }
        return found;
    }

    /// One array, as `read_npy`. @throws file_error, also if there is none of this name or its checksum is wrong
    template <class T>
    xt::xarray<T> read(const std::string& name) const {
        return npy_array<T>(bytes_of(name), path_ + ": " + name);
    }
    template <class T, std::size_t Rank>
    xt::xtensor<T, Rank> read(const std::string& name) const {
        return npy_array<T, Rank>(bytes_of(name), path_ + ": " + name);
    }

private:
    struct discard {
        void operator()(zip_t* archive) const { zip_discard(archive); }
        void operator()(zip_file_t* file) const { zip_fclose(file); }
    };

    std::vector<std::byte> bytes_of(const std::string& name) const {
        const std::string file_name = name + ".npy";
        zip_stat_t entry;
        if (zip_stat(archive_.get(), file_name.c_str(), 0, &entry) != 0) {
            std::string all;
            for (const std::string& other : names()) all += (all.empty() ? "" : ", ") + other;
            detail::npy_fail(path_, "an array " + name, "only " + (all.empty() ? "an empty archive" : all));
        }
        const std::unique_ptr<zip_file_t, discard> file(zip_fopen_index(archive_.get(), entry.index, 0));
        if (!file)
            detail::npy_fail(path_ + ": " + name, "an array that can be read",
                             reason(zip_get_error(archive_.get())));
        // In pieces, as a damaged archive may announce any size, and to the end, where the checksum is compared.
        std::vector<std::byte> bytes;
        for (std::size_t got = 0;;) {
            bytes.resize(2 * got + (1 << 16));
            const zip_int64_t more = zip_fread(file.get(), bytes.data() + got, bytes.size() - got);
            if (more < 0)
                detail::npy_fail(path_ + ": " + name, "an array that can be read",
                                 reason(zip_file_get_error(file.get())));
            got += static_cast<std::size_t>(more);
            if (more == 0) {
                bytes.resize(got);
                return bytes;
            }
        }
    }
    static std::string reason(zip_error_t* error) {
        return "\"" + std::string(zip_error_strerror(error)) + "\"";
    }

    std::string path_;
    std::unique_ptr<zip_t, discard> archive_;
#else
public:
    explicit npz_file(const std::filesystem::path& path) {
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

}  // namespace archetype
