// SPDX-License-Identifier: BSL-1.0
/// @file idx.hpp
/// Reader of IDX files, the format of MNIST: two zero bytes, a byte for the element type, a byte for the
/// rank, the extents as big-endian 32-bit numbers, then the elements, big-endian, row by row. Plain or
/// compressed with gzip.
#pragma once
#include <algorithm>
#include <archetype/data/element_types.hpp>
#include <archetype/data/file_bytes.hpp>
#include <archetype/data/gzip.hpp>
#include <archetype/execution/host/xarray.hpp>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>
#include <xtensor/xtensor.hpp>

namespace archetype {

/// Element types of IDX; the value is the third byte of the file.
enum class idx_type : std::uint8_t { u8 = 0x08, i8 = 0x09, i16 = 0x0B, i32 = 0x0C, f32 = 0x0D, f64 = 0x0E };

/// First word of a file of images (unsigned bytes, rank 3) and of labels (unsigned bytes, rank 1).
inline constexpr std::uint32_t idx_images_magic = 2051, idx_labels_magic = 2049;

/// A checked IDX file: its elements lie, still big-endian, in the bytes it was parsed from.
struct idx_view {
    idx_type type{};
    std::vector<std::size_t> shape;
    std::span<const std::byte> data;
};

namespace detail {

[[noreturn]] inline void idx_fail(const std::string& path, std::string expected, std::string found) {
    throw file_error({path, std::move(expected), std::move(found)});
}

inline std::uint32_t big_endian_word(std::span<const std::byte> bytes) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) word = word << 8 | std::to_integer<std::uint32_t>(bytes[i]);
    return word;
}

inline std::size_t idx_element_size(idx_type type) {
    switch (type) {
        case idx_type::u8:
        case idx_type::i8:
            return 1;
        case idx_type::i16:
            return 2;
        case idx_type::i32:
        case idx_type::f32:
            return 4;
        case idx_type::f64:
            return 8;
    }
    return 0;
}

/// Bytes of the header: known after the first four, which are checked.
inline std::size_t idx_header_size(std::span<const std::byte> start, const std::string& path,
                                   std::optional<std::uint32_t> magic) {
    const std::string wanted =
        magic ? "an IDX file with magic number " + std::to_string(*magic) : "an IDX file";
    if (start.size() < 4) idx_fail(path, wanted, "only " + std::to_string(start.size()) + " bytes");
    const std::uint32_t word = big_endian_word(start);
    if (is_gzip(start))
        idx_fail(path, wanted,
                 "a gzip-compressed file (first word " + std::to_string(word) + ", bytes 1F 8B)");
    const auto type = static_cast<idx_type>(word >> 8 & 0xFF);
    if (word >> 16 != 0 || idx_element_size(type) == 0 || (word & 0xFF) == 0 || (magic && word != *magic))
        idx_fail(path, wanted, "first word " + std::to_string(word));
    return 4 + 4 * static_cast<std::size_t>(word & 0xFF);
}

/// Bytes of the whole file that a complete header announces.
inline std::uint64_t idx_file_size(std::span<const std::byte> header, const std::string& path) {
    std::uint64_t size = idx_element_size(static_cast<idx_type>(header[2]));
    bool empty = false, overflow = false;
    std::string extents;
    for (std::size_t at = 4; at < header.size(); at += 4) {
        const std::uint64_t extent = big_endian_word(header.subspan(at));
        extents += (at == 4 ? "" : " x ") + std::to_string(extent);
        empty = empty || extent == 0;
        overflow = overflow || (extent != 0 && size > std::numeric_limits<std::uint64_t>::max() / 2 / extent);
        if (!overflow && extent != 0) size *= extent;
    }
    if (empty) return header.size();
    if (overflow || size > std::numeric_limits<std::size_t>::max() / 2)
        idx_fail(path, "extents that fit in memory", extents);
    return size + header.size();
}

/// The whole content, decompressed if need be. Nothing is allocated that the file cannot fill.
inline std::vector<std::byte> idx_content(const std::filesystem::path& path,
                                          std::optional<std::uint32_t> magic) {
    std::vector<std::byte> bytes = try_read_file(path).value();
    if (!is_gzip(bytes)) return bytes;
#if ARCHETYPE_HAS_ZLIB
    const std::string name = path.string();
    gzip_stream stream(bytes, name);
    std::vector<std::byte> content(4);
    content.resize(stream.read(content));
    const std::size_t header = idx_header_size(content, name, magic);
    content.resize(header);
    const std::size_t got = 4 + stream.read(std::span(content).subspan(4));
    if (got != header)
        idx_fail(name, "a header of " + std::to_string(header) + " bytes", std::to_string(got) + " bytes");
    const std::uint64_t size = idx_file_size(content, name);
    constexpr std::uint64_t deflate_limit = 1032;  // no deflate stream expands by more
    if (size / deflate_limit > bytes.size())
        idx_fail(name, std::to_string(size) + " bytes after decompression",
                 "only " + std::to_string(bytes.size()) + " compressed bytes");
    content.resize(static_cast<std::size_t>(size));
    const std::size_t total = header + stream.read(std::span(content).subspan(header));
    std::byte more;
    if (total != size || stream.read({&more, 1}) != 0)
        idx_fail(name, std::to_string(size) + " bytes after decompression",
                 total != size ? std::to_string(total) + " bytes" : "more");
    return content;
#else
    (void)magic;
    idx_fail(path.string(), "an IDX file that is not compressed (this program is built without zlib)",
             "a gzip-compressed file");
#endif
}

template <class From, class To>
void idx_copy_as(const idx_view& view, To* to, const std::string& path, const char* name) {
    if constexpr (keeps_every_value<From, To>) {
        const std::size_t count = view.data.size() / sizeof(From);
        for (std::size_t i = 0; i < count; ++i)
            to[i] = static_cast<To>(element_at<From>(view.data.data() + i * sizeof(From), std::endian::big));
    } else {
        idx_fail(path, "elements that the wanted type can hold", std::string("elements of type ") + name);
    }
}

template <class To>
void idx_copy(const idx_view& view, To* to, const std::string& path) {
    switch (view.type) {
        case idx_type::u8:
            return idx_copy_as<std::uint8_t>(view, to, path, "unsigned byte");
        case idx_type::i8:
            return idx_copy_as<std::int8_t>(view, to, path, "signed byte");
        case idx_type::i16:
            return idx_copy_as<std::int16_t>(view, to, path, "16-bit integer");
        case idx_type::i32:
            return idx_copy_as<std::int32_t>(view, to, path, "32-bit integer");
        case idx_type::f32:
            return idx_copy_as<float>(view, to, path, "float");
        case idx_type::f64:
            return idx_copy_as<double>(view, to, path, "double");
    }
}

}  // namespace detail

/// Checks an uncompressed IDX file held in memory; `path` is for messages, `magic` the first word if only one
/// will do.
/// @throws file_error if it is compressed, of another kind, or longer or shorter than its header announces
inline idx_view parse_idx(std::span<const std::byte> bytes, const std::string& path,
                          std::optional<std::uint32_t> magic = {}) {
    const std::size_t header = detail::idx_header_size(bytes, path, magic);
    if (bytes.size() < header)
        detail::idx_fail(path, "a header of " + std::to_string(header) + " bytes",
                         std::to_string(bytes.size()) + " bytes");
    const std::uint64_t size = detail::idx_file_size(bytes.first(header), path);
    if (size != bytes.size())
        detail::idx_fail(path, std::to_string(size) + " bytes", std::to_string(bytes.size()) + " bytes");
    idx_view view{static_cast<idx_type>(bytes[2]), {}, bytes.subspan(header)};
    for (std::size_t at = 4; at < header; at += 4)
        view.shape.push_back(detail::big_endian_word(bytes.subspan(at)));
    return view;
}

/// The elements of a plain or compressed IDX file, of any rank. `T` must hold every value of the file's
/// element type (bytes may be read as float, floats not as integers). @throws file_error
template <class T>
xt::xarray<T> read_idx(const std::filesystem::path& path) {
    const std::vector<std::byte> bytes = detail::idx_content(path, {});
    const idx_view view = parse_idx(bytes, path.string());
    auto result = xt::xarray<T>::from_shape(view.shape);
    detail::idx_copy(view, result.data(), path.string());
    return result;
}

/// The same with the rank known: `read_idx<float, 2>(path)`; `magic` is the first word if only one will do.
/// @throws file_error, also if the rank is another
template <class T, std::size_t Rank>
xt::xtensor<T, Rank> read_idx(const std::filesystem::path& path, std::optional<std::uint32_t> magic = {}) {
    const std::vector<std::byte> bytes = detail::idx_content(path, magic);
    const idx_view view = parse_idx(bytes, path.string(), magic);
    if (view.shape.size() != Rank)
        detail::idx_fail(path.string(), "rank " + std::to_string(Rank),
                         "rank " + std::to_string(view.shape.size()));
    std::array<std::size_t, Rank> shape{};
    std::copy(view.shape.begin(), view.shape.end(), shape.begin());
    auto result = xt::xtensor<T, Rank>::from_shape(shape);
    detail::idx_copy(view, result.data(), path.string());
    return result;
}

/// Images [image][row][column] of a file with magic number 2051. @throws file_error
inline xt::xtensor<std::uint8_t, 3> read_idx_images(const std::filesystem::path& path) {
    return read_idx<std::uint8_t, 3>(path, idx_images_magic);
}

/// Labels of a file with magic number 2049. @throws file_error
inline xt::xtensor<std::uint8_t, 1> read_idx_labels(const std::filesystem::path& path) {
    return read_idx<std::uint8_t, 1>(path, idx_labels_magic);
}

}  // namespace archetype
