// SPDX-License-Identifier: BSL-1.0
/// @file npy.hpp
/// Reads arrays that NumPy saved: `.npy` files, format versions 1 to 3.
#pragma once
#include <archetype/data/element_types.hpp>
#include <archetype/data/file_bytes.hpp>
#include <archetype/execution/host/xarray.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include <xtensor/xtensor.hpp>

namespace archetype {

/// A checked `.npy` file: its elements lie in the bytes it was parsed from.
struct npy_view {
    char kind = 0;         ///< f, i, u or b (bool)
    std::size_t size = 0;  ///< bytes of an element
    std::endian order = std::endian::native;
    bool column_major = false;  ///< the first axis varies fastest
    std::vector<std::size_t> shape;
    std::span<const std::byte> data;
};

namespace detail {

[[noreturn]] inline void npy_fail(const std::string& path, std::string expected, std::string found) {
    throw file_error({path, std::move(expected), std::move(found)});
}

/// What stands after `'key':` in the header, a literal of a Python dictionary.
inline std::string_view npy_value(std::string_view header, std::string_view key, const std::string& path) {
    const std::size_t place = header.find("'" + std::string(key) + "'");
    const std::size_t colon = place == std::string_view::npos ? place : header.find(':', place);
    const std::size_t value =
        colon == std::string_view::npos ? colon : header.find_first_not_of(' ', colon + 1);
    if (value == std::string_view::npos)
        npy_fail(path, "the key " + std::string(key) + " in the header", "none");
    return header.substr(value);
}

inline void npy_parse_type(npy_view& view, std::string_view text, const std::string& path) {
    const std::string type(text.substr(1, std::min(text.find('\'', 1), text.size()) - 1));
    const bool known = !text.empty() && text[0] == '\'' && type.size() == 3 &&
                       std::string_view("<>|=").find(type[0]) != std::string_view::npos;
    static constexpr std::string_view types[] = {"f4", "f8", "i1", "i2", "i4", "i8",
                                                 "u1", "u2", "u4", "u8", "b1"};
    if (!known || std::find(std::begin(types), std::end(types), type.substr(1)) == std::end(types))
        npy_fail(path, "elements of type f4, f8, i1 to i8, u1 to u8 or b1",
                 text.empty() || text[0] != '\'' ? "structured elements" : "type \"" + type + "\"");
    view.order = type[0] == '<'   ? std::endian::little
                 : type[0] == '>' ? std::endian::big
                                  : std::endian::native;
    view.kind = type[1];
    view.size = static_cast<std::size_t>(type[2] - '0');
}

inline void npy_parse_shape(npy_view& view, std::string_view text, const std::string& path) {
    const std::string found(text.substr(0, text.find(')') + 1));
    if (!found.starts_with('(') || !found.ends_with(')')) npy_fail(path, "a shape", "\"" + found + "\"");
    const char* at = found.data() + 1;
    const char* const last = found.data() + found.size() - 1;
    while (at != last) {
        if (*at == ' ' || *at == ',') {
            ++at;
            continue;
        }
        std::size_t extent = 0;
        const auto [end, error] = std::from_chars(at, last, extent);
        if (error != std::errc{}) npy_fail(path, "a shape", "\"" + found + "\"");
        view.shape.push_back(extent);
        at = end;
    }
}

template <class From, class T>
void npy_copy_as(const npy_view& view, T* to, const std::string& path) {
    if constexpr (!keeps_every_value<From, T>) {
        npy_fail(path, "elements that the wanted type can hold",
                 std::string("type ") + view.kind + std::to_string(view.size));
    } else {
        const std::size_t rank = view.shape.size(), count = view.data.size() / sizeof(From);
        // `place` counts the file's elements; where the first axis varies fastest, `index` is turned into ours.
        std::vector<std::size_t> index(rank, 0);
        for (std::size_t place = 0; place < count; ++place) {
            std::size_t ours = place;
            if (view.column_major) {
                ours = 0;
                for (std::size_t axis = 0; axis < rank; ++axis) ours = ours * view.shape[axis] + index[axis];
                for (std::size_t axis = 0; axis < rank && ++index[axis] == view.shape[axis]; ++axis)
                    index[axis] = 0;
            }
            to[ours] = static_cast<T>(element_at<From>(view.data.data() + place * sizeof(From), view.order));
        }
    }
}

template <class T>
void npy_copy(const npy_view& view, T* to, const std::string& path) {
    switch (view.kind) {
        case 'f':
            return view.size == 4 ? npy_copy_as<float>(view, to, path) : npy_copy_as<double>(view, to, path);
        case 'b':
            return npy_copy_as<std::uint8_t>(view, to, path);
        case 'i':
            return view.size == 1   ? npy_copy_as<std::int8_t>(view, to, path)
                   : view.size == 2 ? npy_copy_as<std::int16_t>(view, to, path)
                   : view.size == 4 ? npy_copy_as<std::int32_t>(view, to, path)
                                    : npy_copy_as<std::int64_t>(view, to, path);
        default:
            return view.size == 1   ? npy_copy_as<std::uint8_t>(view, to, path)
                   : view.size == 2 ? npy_copy_as<std::uint16_t>(view, to, path)
                   : view.size == 4 ? npy_copy_as<std::uint32_t>(view, to, path)
                                    : npy_copy_as<std::uint64_t>(view, to, path);
    }
}

}  // namespace detail

/// Checks a `.npy` file held in memory; `path` is for messages.
/// @throws file_error if it is of another kind, or longer or shorter than its header announces
inline npy_view parse_npy(std::span<const std::byte> bytes, const std::string& path) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with("\x93NUMPY") || text.size() < 12)
        detail::npy_fail(
            path, "a file that begins as .npy files do",
            text.starts_with("PK") ? "a zip archive (read_npz reads those)" : "another kind of file");
    const int version = static_cast<unsigned char>(text[6]);
    if (version < 1 || version > 3)
        detail::npy_fail(path, "version 1 to 3", "version " + std::to_string(version));
    const std::size_t start = version == 1 ? 10 : 12;
    const std::size_t length = version == 1
                                   ? detail::element_at<std::uint16_t>(bytes.data() + 8, std::endian::little)
                                   : detail::element_at<std::uint32_t>(bytes.data() + 8, std::endian::little);
    if (length > bytes.size() - start)
        detail::npy_fail(path, "a header of " + std::to_string(length) + " bytes",
                         std::to_string(bytes.size() - start) + " bytes");
    const std::string_view header = text.substr(start, length);
    npy_view view;
    detail::npy_parse_type(view, detail::npy_value(header, "descr", path), path);
    view.column_major = detail::npy_value(header, "fortran_order", path).starts_with("True");
    detail::npy_parse_shape(view, detail::npy_value(header, "shape", path), path);
    view.data = bytes.subspan(start + length);
    std::size_t expected = view.size;
    for (const std::size_t extent : view.shape)
        if (__builtin_mul_overflow(expected, extent, &expected))
            detail::npy_fail(path, "extents that fit in memory", std::string(header));
    if (expected != view.data.size())
        detail::npy_fail(path, std::to_string(expected) + " bytes of elements",
                         std::to_string(view.data.size()) + " bytes");
    return view;
}

/// The elements of a `.npy` file held in memory, as `read_npy`. @throws file_error
template <class T>
xt::xarray<T> npy_array(std::span<const std::byte> bytes, const std::string& path) {
    const npy_view view = parse_npy(bytes, path);
    auto result = xt::xarray<T>::from_shape(view.shape);
    detail::npy_copy(view, result.data(), path);
    return result;
}
/// The same with the rank known. @throws file_error, also if the rank is another
template <class T, std::size_t Rank>
xt::xtensor<T, Rank> npy_array(std::span<const std::byte> bytes, const std::string& path) {
    const npy_view view = parse_npy(bytes, path);
    if (view.shape.size() != Rank)
        detail::npy_fail(path, "rank " + std::to_string(Rank), "rank " + std::to_string(view.shape.size()));
    std::array<std::size_t, Rank> shape{};
    for (std::size_t axis = 0; axis < Rank; ++axis) shape[axis] = view.shape[axis];
    auto result = xt::xtensor<T, Rank>::from_shape(shape);
    detail::npy_copy(view, result.data(), path);
    return result;
}

/// An array that `numpy.save` wrote, of any rank. `T` must hold every value of the file's element type (bytes and bools
/// may be read as float, doubles not). @throws file_error
template <class T>
xt::xarray<T> read_npy(const std::filesystem::path& path) {
    return npy_array<T>(try_read_file(path).value(), path.string());
}
/// The same with the rank known: `read_npy<float, 2>(path)`. @throws file_error, also if the rank is another
template <class T, std::size_t Rank>
xt::xtensor<T, Rank> read_npy(const std::filesystem::path& path) {
    return npy_array<T, Rank>(try_read_file(path).value(), path.string());
}

}  // namespace archetype
