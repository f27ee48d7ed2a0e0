// SPDX-License-Identifier: BSL-1.0
/// @file idx.hpp
/// Reader of IDX files, the format of MNIST: two zero bytes, a byte for the element type, a byte for the
/// rank, the extents as big-endian 32-bit numbers, then the elements, big-endian, row by row. Plain or
/// compressed with gzip.
#pragma once
#include <archetype/data/element_types.hpp>
#include <archetype/data/file_source.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

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

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

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

/// What a complete header says of the elements.
inline element_layout idx_layout(std::span<const std::byte> header) {
    const auto make = [](char kind, std::size_t size, const char* name) {
        return element_layout{kind,  size, std::endian::big,
                              false, {},   std::string("elements of type ") + name};
    };
    element_layout layout = [&] {
        switch (static_cast<idx_type>(header[2])) {
            case idx_type::u8:
                return make('u', 1, "unsigned byte");
            case idx_type::i8:
                return make('i', 1, "signed byte");
            case idx_type::i16:
                return make('i', 2, "16-bit integer");
            case idx_type::i32:
                return make('i', 4, "32-bit integer");
            case idx_type::f32:
                return make('f', 4, "float");
            case idx_type::f64:
                break;
        }
        return make('f', 8, "double");
    }();
    for (std::size_t at = 4; at < header.size(); at += 4)
        layout.shape.push_back(big_endian_word(header.subspan(at)));
    return layout;
}

template <class Tensor>
Tensor idx_tensor(const std::filesystem::path& path, std::optional<std::uint32_t> magic,
                  const read_limits& limits) {
    file_source source(path, limits);
    std::vector<std::byte> header(4);
    header.resize(source.read(header));
    header.resize(idx_header_size(header, source.path(), magic));
    const std::size_t got = 4 + source.read(std::span(header).subspan(4));
    if (got != header.size())
        idx_fail(source.path(), "a header of " + std::to_string(header.size()) + " bytes",
                 std::to_string(got) + " bytes");
    return elements_of<Tensor>(source, idx_layout(header));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Checks an uncompressed IDX file held in memory; `path` is for messages, `magic` the first word if only one
/// will do.
/// @throws file_error if it is compressed, of another kind, or longer or shorter than its header announces
inline idx_view parse_idx(std::span<const std::byte> bytes, const std::string& path,
                          std::optional<std::uint32_t> magic = {}) {
    const std::size_t header = detail::idx_header_size(bytes, path, magic);
    if (bytes.size() < header)
        detail::idx_fail(path, "a header of " + std::to_string(header) + " bytes",
                         std::to_string(bytes.size()) + " bytes");
    const detail::element_layout layout = detail::idx_layout(bytes.first(header));
    const std::size_t size = header + layout.bytes(path, layout.size);
    if (size != bytes.size())
        detail::idx_fail(path, std::to_string(size) + " bytes", std::to_string(bytes.size()) + " bytes");
    return {static_cast<idx_type>(bytes[2]), layout.shape, bytes.subspan(header)};
}

/// The elements of a plain or compressed IDX file, of any rank. `T` must hold every value of the file's
/// element type (bytes may be read as float, floats not as integers). @throws file_error
template <class T>
xt::xarray<T> read_idx(const std::filesystem::path& path, const read_limits& limits = {}) {
    return detail::idx_tensor<xt::xarray<T>>(path, {}, limits);
}

/// The same with the rank known: `read_idx<float, 2>(path)`; `magic` is the first word if only one will do.
/// @throws file_error, also if the rank is another
template <class T, std::size_t Rank>
xt::xtensor<T, Rank> read_idx(const std::filesystem::path& path, std::optional<std::uint32_t> magic = {},
                              const read_limits& limits = {}) {
    return detail::idx_tensor<xt::xtensor<T, Rank>>(path, magic, limits);
}

/// Images [image][row][column] of a file with magic number 2051. @throws file_error
inline xt::xtensor<std::uint8_t, 3> read_idx_images(const std::filesystem::path& path,
                                                    const read_limits& limits = {}) {
    return read_idx<std::uint8_t, 3>(path, idx_images_magic, limits);
}

/// Labels of a file with magic number 2049. @throws file_error
inline xt::xtensor<std::uint8_t, 1> read_idx_labels(const std::filesystem::path& path,
                                                    const read_limits& limits = {}) {
    return read_idx<std::uint8_t, 1>(path, idx_labels_magic, limits);
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
