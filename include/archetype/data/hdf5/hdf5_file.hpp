// SPDX-License-Identifier: BSL-1.0
/// @file hdf5_file.hpp
/// Reads HDF5 files with the HDF Group's C library: attributes that are texts, datasets that are numbers.
/// `ARCHETYPE_HAS_HDF5` is 1 where <hdf5.h> is found (link with -lhdf5) unless defined before; with 0 there is only an error
/// that says so.
#pragma once
#include <archetype/data/file_error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#if !defined(ARCHETYPE_HAS_HDF5)
#if __has_include(<hdf5.h>)
#define ARCHETYPE_HAS_HDF5 1
#else
#define ARCHETYPE_HAS_HDF5 0
#endif
#endif
#if ARCHETYPE_HAS_HDF5
#include <hdf5.h>
#endif

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

[[noreturn]] inline void hdf5_fail(const std::string& place, std::string expected, std::string found) {
    throw file_error({place, std::move(expected), std::move(found)});
}

/// Numbers of a dataset, rounded to single precision where they have more.
struct hdf5_numbers {
    std::vector<std::uint64_t> shape{};
    std::vector<float> values{};
};

#if ARCHETYPE_HAS_HDF5

/// An object of the library, closed at the end.
class hdf5_handle {
public:
    hdf5_handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
    hdf5_handle(hdf5_handle&& from) noexcept : id_(std::exchange(from.id_, -1)), close_(from.close_) {}
    hdf5_handle(const hdf5_handle&) = delete;
    hdf5_handle& operator=(hdf5_handle&& from) noexcept {
        std::swap(id_, from.id_);
        std::swap(close_, from.close_);
        return *this;
    }
    ~hdf5_handle() {
        if (id_ >= 0) close_(id_);
    }
    hid_t id() const { return id_; }
    explicit operator bool() const { return id_ >= 0; }

private:
    hid_t id_;
    herr_t (*close_)(hid_t);
};

/// A file, open for reading. Links to other files, datasets that lie in them, and filters that would have to be loaded are
/// refused; nothing is allocated for elements that the file cannot hold.
class hdf5_file {
public:
    /// @throws file_error
    explicit hdf5_file(const std::filesystem::path& path) : path_(path.string()), file_(-1, H5Fclose) {
        prepare();
        std::error_code unknown;
        bytes_ = std::filesystem::file_size(path, unknown);
        file_ = hdf5_handle(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
        begin();
    }
    /// Of bytes in memory; `path` is for messages. @throws file_error
    hdf5_file(std::vector<std::byte> image, std::string path)
        : path_(std::move(path)), bytes_(image.size()), image_(std::move(image)), file_(-1, H5Fclose) {
        prepare();
        const hdf5_handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
        // Every copy that the library would make of an image is the image: nothing is written into it.
        H5FD_file_image_callbacks_t same{};
        same.image_malloc = [](std::size_t, H5FD_file_image_op_t, void* image) { return image; };
        same.image_memcpy = [](void* to, const void*, std::size_t, H5FD_file_image_op_t, void*) {
            return to;
        };
        same.image_realloc = [](void*, std::size_t, H5FD_file_image_op_t, void*) -> void* { return nullptr; };
        same.image_free = [](void*, H5FD_file_image_op_t, void*) -> herr_t { return 0; };
        same.udata_copy = [](void* image) { return image; };
        same.udata_free = [](void*) -> herr_t { return 0; };
        same.udata = image_.data();
        if (image_.empty() || H5Pset_fapl_core(access.id(), 1 << 16, 0) < 0 ||
            H5Pset_file_image_callbacks(access.id(), &same) < 0 ||
            H5Pset_file_image(access.id(), image_.data(), image_.size()) < 0)
            hdf5_fail(path_, "an HDF5 file", "none");
        file_ = hdf5_handle(H5Fopen("archetype", H5F_ACC_RDONLY, access.id()), H5Fclose);
        begin();
    }

    static bool is_hdf5(std::span<const std::byte> beginning) {
        static constexpr unsigned char signature[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
        if (beginning.size() < sizeof signature) return false;
        for (std::size_t i = 0; i < sizeof signature; ++i)
            if (beginning[i] != std::byte{signature[i]}) return false;
        return true;
    }

    const std::string& path() const { return path_; }
    /// Paths of all datasets without the first "/", in the order of names.
    const std::set<std::string>& datasets() const { return datasets_; }
    bool has_group(const std::string& name) const { return name.empty() || groups_.contains(name); }
    const std::set<std::string>& groups() const { return groups_; }

    /// An attribute that is one text; nothing if there is none of this name. @throws file_error
    std::optional<std::string> text(const std::string& object, const std::string& name) const {
        const auto found = texts(object, name);
        if (!found) return std::nullopt;
        if (found->size() != 1)
            hdf5_fail(place(object) + ", attribute \"" + name + "\"", "one text",
                      std::to_string(found->size()));
        return found->front();
    }
    /// An attribute that is a list of texts, also in pieces ("layer_names0", "layer_names1"). @throws file_error
    std::optional<std::vector<std::string>> texts(const std::string& object, const std::string& name) const {
        const hdf5_handle at = open(object);
        if (H5Aexists(at.id(), name.c_str()) > 0) return read_texts(at, object, name);
        if (H5Aexists(at.id(), (name + "0").c_str()) <= 0) return std::nullopt;
        std::vector<std::string> all;
        for (int k = 0; H5Aexists(at.id(), (name + std::to_string(k)).c_str()) > 0; ++k)
            for (std::string& one : read_texts(at, object, name + std::to_string(k)))
                all.push_back(std::move(one));
        return all;
    }

    /// The elements of a dataset of numbers. @throws file_error
    hdf5_numbers numbers(const std::string& name) const {
        const std::string here = place(name);
        const hdf5_handle data(H5Dopen2(file_.id(), name.c_str(), H5P_DEFAULT), H5Dclose);
        if (!data) hdf5_fail(here, "a dataset that can be read", "another object");
        const hdf5_handle type(H5Dget_type(data.id()), H5Tclose);
        const hdf5_handle space(H5Dget_space(data.id()), H5Sclose);
        const hdf5_handle made(H5Dget_create_plist(data.id()), H5Pclose);
        if (!type || !space || !made) hdf5_fail(here, "a dataset that can be read", "another object");
        const H5T_class_t kind = H5Tget_class(type.id());
        const std::uint64_t width = H5Tget_size(type.id());
        if ((kind != H5T_FLOAT && kind != H5T_INTEGER) || width == 0 || width > 8 ||
            H5Aexists(data.id(), "dtype") > 0)
            hdf5_fail(here, "numbers of 16 to 64 bits", "elements of another type");
        const int rank = H5Sget_simple_extent_ndims(space.id());
        if (rank < 0 || H5Sget_simple_extent_type(space.id()) == H5S_NULL) hdf5_fail(here, "a shape", "none");
        hdf5_numbers read;
        std::vector<hsize_t> extents(static_cast<std::size_t>(rank));
        H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr);
        std::uint64_t count = 1;
        for (const hsize_t extent : extents) {
            if (extent != 0 && count > (std::uint64_t{1} << 40) / extent)
                hdf5_fail(here, "at most 2^40 elements", "more");
            count *= extent;
            read.shape.push_back(extent);
        }
        check_storage(data, made, here, count * width);
        if (count == 0) return read;
        read.values.resize(static_cast<std::size_t>(count));
        if (H5Dread(data.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.values.data()) < 0)
            hdf5_fail(here, "elements that can be read", "damaged ones, or ones beyond the end of the file");
        return read;
    }

private:
    static constexpr std::size_t deepest = 64, most_objects = 1000000;

    static void prepare() {
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // messages are this reader's
        H5PLset_loading_state(0);                     // no code from elsewhere for filters
    }
    void begin() {
        if (!file_) hdf5_fail(path_, "an HDF5 file", "a damaged or truncated one, or another kind of file");
        walk("", 0);
    }
    std::string place(const std::string& object) const {
        return path_ + (object.empty() ? "" : ", \"" + object + "\"");
    }
    hdf5_handle open(const std::string& object) const {
        hdf5_handle made(H5Oopen(file_.id(), object.empty() ? "/" : object.c_str(), H5P_DEFAULT), H5Oclose);
        if (!made) hdf5_fail(place(object), "an object that can be read", "none");
        return made;
    }

    /// Groups and datasets by their hard links.
    void walk(const std::string& group, std::size_t depth) {
        if (depth > deepest)
            hdf5_fail(path_, "at most " + std::to_string(deepest) + " groups within each other", "more");
        const hdf5_handle at(H5Gopen2(file_.id(), group.empty() ? "/" : group.c_str(), H5P_DEFAULT),
                             H5Gclose);
        H5O_info_t about;
        if (!at || H5Oget_info2(at.id(), &about, H5O_INFO_BASIC) < 0)
            hdf5_fail(place(group), "a group that can be read", "a damaged one");
        if (!seen_.insert(about.addr).second) hdf5_fail(place(group), "one link to each group", "another");
        std::vector<std::string> names;
        const auto take = [](hid_t, const char* name, const H5L_info_t* link, void* to) -> herr_t {
            if (link->type != H5L_TYPE_HARD) return -1;
            static_cast<std::vector<std::string>*>(to)->emplace_back(name);
            return 0;
        };
        if (H5Literate(at.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, take, &names) < 0)
            hdf5_fail(place(group), "a group with links within the file",
                      "a damaged one or links to elsewhere");
        for (const std::string& name : names) {
            if (datasets_.size() + groups_.size() > most_objects)
                hdf5_fail(path_, "at most " + std::to_string(most_objects) + " objects", "more");
            const std::string inside = group.empty() ? name : group + "/" + name;
            const hdf5_handle object = open(inside);
            const H5I_type_t type = H5Iget_type(object.id());
            if (type == H5I_DATASET) datasets_.insert(inside);
            if (type != H5I_GROUP) continue;
            groups_.insert(inside);
            walk(inside, depth + 1);
        }
    }

    std::vector<std::string> read_texts(const hdf5_handle& object, const std::string& of,
                                        const std::string& name) const {
        const std::string here = place(of) + ", attribute \"" + name + "\"";
        const hdf5_handle attribute(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT), H5Aclose);
        const hdf5_handle space(attribute ? H5Aget_space(attribute.id()) : -1, H5Sclose);
        const hdf5_handle type(attribute ? H5Aget_type(attribute.id()) : -1, H5Tclose);
        if (!attribute || !space || !type) hdf5_fail(here, "an attribute that can be read", "a damaged one");
        const hssize_t count = H5Sget_simple_extent_npoints(space.id());
        if (count == 0) return {};  // an empty list of texts has any type
        const std::size_t size = H5Tget_size(type.id());
        if (count < 0 || H5Tget_class(type.id()) != H5T_STRING || size == 0 ||
            static_cast<std::uint64_t>(count) > bytes_ / size)
            hdf5_fail(here, "texts within the file", "something else");
        const auto many = static_cast<std::size_t>(count);
        std::vector<std::string> made;
        if (H5Tis_variable_str(type.id()) > 0) {
            const hdf5_handle as(H5Tcopy(type.id()), H5Tclose);
            std::vector<char*> read(many, nullptr);
            if (H5Aread(attribute.id(), as.id(), read.data()) < 0)
                hdf5_fail(here, "texts that can be read", "damaged ones");
            for (const char* const one : read) made.emplace_back(one == nullptr ? "" : one);
            H5Dvlen_reclaim(as.id(), space.id(), H5P_DEFAULT, read.data());
            return made;
        }
        std::vector<char> read(many * size);
        if (H5Aread(attribute.id(), type.id(), read.data()) < 0)
            hdf5_fail(here, "texts that can be read", "damaged ones");
        for (std::size_t k = 0; k < many; ++k) {
            std::string one(read.data() + k * size, size);
            made.push_back(one.substr(0, one.find('\0')));
        }
        return made;
    }

    /// What is stored can be what the shape announces.
    void check_storage(const hdf5_handle& data, const hdf5_handle& made, const std::string& here,
                       std::uint64_t size) const {
        const H5D_layout_t layout = H5Pget_layout(made.id());
        if (layout == H5D_VIRTUAL || H5Pget_external_count(made.id()) != 0)
            hdf5_fail(here, "elements in the file", "elements in others");
        const int filters = H5Pget_nfilters(made.id());
        for (int k = 0; k < filters; ++k) {
            unsigned flags = 0;
            std::size_t values = 0;
            const H5Z_filter_t filter = H5Pget_filter2(made.id(), static_cast<unsigned>(k), &flags, &values,
                                                       nullptr, 0, nullptr, nullptr);
            if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
                filter != H5Z_FILTER_FLETCHER32)
                hdf5_fail(here, "elements that are stored or deflated",
                          "filter " + std::to_string(filter) + " of HDF5");
        }
        if (layout == H5D_CHUNKED) {
            hsize_t extents[H5S_MAX_RANK];
            const int rank = H5Pget_chunk(made.id(), H5S_MAX_RANK, extents);
            std::uint64_t chunk = 8;
            for (int k = 0; k < rank; ++k)
                chunk = extents[k] != 0 && chunk > (std::uint64_t{1} << 40) / extents[k] ? ~std::uint64_t{0}
                                                                                         : chunk * extents[k];
            if (chunk > (std::uint64_t{1} << 32))
                hdf5_fail(here, "chunks of at most 2^32 bytes", "larger ones");
        }
        const std::uint64_t stored = H5Dget_storage_size(data.id());
        // Deflate makes at most 1032 bytes of one.
        const std::uint64_t most = filters > 0 ? stored * 1032 : stored;
        if (stored > bytes_ || size > most)
            hdf5_fail(here, std::to_string(size) + " bytes", std::to_string(stored));
    }

    std::string path_;
    std::uint64_t bytes_ = 0;
    std::vector<std::byte> image_{};  // closed before it goes
    hdf5_handle file_;
    std::set<std::string> datasets_{}, groups_{};
    std::set<haddr_t> seen_{};
};

#else

class hdf5_file {
public:
    explicit hdf5_file(const std::filesystem::path& path) { fail(path.string()); }
    hdf5_file(std::span<const std::byte>, const std::string& path) { fail(path); }
    static bool is_hdf5(std::span<const std::byte> beginning) {
        return beginning.size() >= 4 && beginning[0] == std::byte{0x89} && beginning[1] == std::byte{'H'} &&
               beginning[2] == std::byte{'D'} && beginning[3] == std::byte{'F'};
    }
    const std::string& path() const { return path_; }
    const std::set<std::string>& datasets() const { return names_; }
    const std::set<std::string>& groups() const { return names_; }
    bool has_group(const std::string&) const { return false; }
    std::optional<std::string> text(const std::string&, const std::string&) const { return std::nullopt; }
    std::optional<std::vector<std::string>> texts(const std::string&, const std::string&) const {
        return std::nullopt;
    }
    hdf5_numbers numbers(const std::string&) const { return {}; }

private:
    [[noreturn]] static void fail(const std::string& path) {
        hdf5_fail(path, "a program built with HDF5 (Debian: libhdf5-dev)", "one without");
    }
    std::string path_{};
    std::set<std::string> names_{};
};

#endif

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
