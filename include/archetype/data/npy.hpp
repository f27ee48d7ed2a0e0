// SPDX-License-Identifier: BSL-1.0
/// @file npy.hpp
/// Reads arrays that NumPy saved: `.npy` files, format versions 1 to 3.
#pragma once
#include <archetype/data/element_types.hpp>
#include <archetype/data/file_source.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A checked `.npy` file: its elements lie in the bytes it was parsed from. Its other members are `kind` (f, i, u or b),
/// `size` (bytes of an element), `order` (std::endian), `column_major` (the first axis varies fastest) and `shape`.
struct npy_view : detail::element_layout {
    std::span<const std::byte> data;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

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

inline void npy_parse_type(element_layout& view, std::string_view text, const std::string& path) {
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
    view.name = "type " + type.substr(1);
}

inline void npy_parse_shape(element_layout& view, std::string_view text, const std::string& path) {
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
        if (view.shape.size() == 64) npy_fail(path, "at most 64 axes", "more");
        view.shape.push_back(extent);
        at = end;
    }
}

/// Where the header begins, and its length: the first 12 bytes tell. @throws file_error
inline std::pair<std::size_t, std::size_t> npy_header_place(std::span<const std::byte> bytes,
                                                            const std::string& path) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with("\x93NUMPY") || text.size() < 12)
        npy_fail(path, "a file that begins as .npy files do",
                 text.starts_with("PK") ? "a zip archive (read_npz reads those)" : "another kind of file");
    const int version = static_cast<unsigned char>(text[6]);
    if (version < 1 || version > 3) npy_fail(path, "version 1 to 3", "version " + std::to_string(version));
    const std::size_t length = version == 1
                                   ? element_at<std::uint16_t>(bytes.data() + 8, std::endian::little)
                                   : element_at<std::uint32_t>(bytes.data() + 8, std::endian::little);
    constexpr std::size_t limit = 1 << 20;  // NumPy itself takes 10,000
    if (length > limit)
        npy_fail(path, "a header of at most " + std::to_string(limit) + " bytes", std::to_string(length));
    return {version == 1 ? 10 : 12, length};
}

/// What a header, a Python dictionary, says of the elements. @throws file_error
inline element_layout npy_layout(std::string_view header, const std::string& path) {
    element_layout layout;
    npy_parse_type(layout, npy_value(header, "descr", path), path);
    layout.column_major = npy_value(header, "fortran_order", path).starts_with("True");
    npy_parse_shape(layout, npy_value(header, "shape", path), path);
    return layout;
}

/// The tensor that a source holds, from its first byte on. @throws file_error
template <class Tensor, class Source>
Tensor npy_tensor(Source& source) {
    const std::string& path = source.path();
    std::vector<std::byte> start(12);
    start.resize(source.read(start));
    const auto [begin, length] = npy_header_place(start, path);
    const std::size_t before = start.size() - begin;  // a first part of the header
    if (length < before)
        npy_fail(path, "a header with the keys descr, fortran_order and shape", "a shorter one");
    start.resize(begin + length);
    const std::size_t got = source.read(std::span(start).subspan(begin + before));
    if (got != length - before)
        npy_fail(path, "a header of " + std::to_string(length) + " bytes",
                 std::to_string(got + before) + " bytes");
    const std::string_view header(reinterpret_cast<const char*>(start.data()) + begin, length);
    return elements_of<Tensor>(source, npy_layout(header, path));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Checks a `.npy` file held in memory; `path` is for messages.
/// @throws file_error if it is of another kind, or longer or shorter than its header announces
inline npy_view parse_npy(std::span<const std::byte> bytes, const std::string& path) {
    const auto [start, length] = detail::npy_header_place(bytes, path);
    if (length > bytes.size() - start)
        detail::npy_fail(path, "a header of " + std::to_string(length) + " bytes",
                         std::to_string(bytes.size() - start) + " bytes");
    const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + start, length);
    const npy_view view{detail::npy_layout(header, path), bytes.subspan(start + length)};
    const std::size_t expected = view.bytes(path, view.size);
    if (expected != view.data.size())
        detail::npy_fail(path, std::to_string(expected) + " bytes of elements",
                         std::to_string(view.data.size()) + " bytes");
    return view;
}

/// The elements of a `.npy` file held in memory, as `read_npy`. @throws file_error
template <class T>
xt::xarray<T> npy_array(std::span<const std::byte> bytes, const std::string& path) {
    const npy_view view = parse_npy(bytes, path);
    return detail::elements_of<xt::xarray<T>>(view.data, view, path);
}
/// The same with the rank known. @throws file_error, also if the rank is another
template <class T, std::size_t Rank>
xt::xtensor<T, Rank> npy_array(std::span<const std::byte> bytes, const std::string& path) {
    const npy_view view = parse_npy(bytes, path);
    return detail::elements_of<xt::xtensor<T, Rank>>(view.data, view, path);
}

/// An array that `numpy.save` wrote, of any rank, plain or compressed with gzip. `T` must hold every value of the file's
/// element type (bytes and bools may be read as float, doubles not). @throws file_error
template <class T>
xt::xarray<T> read_npy(const std::filesystem::path& path, const read_limits& limits = {}) {
    detail::file_source source(path, limits);
    return detail::npy_tensor<xt::xarray<T>>(source);
}
/// The same with the rank known: `read_npy<float, 2>(path)`. @throws file_error, also if the rank is another
template <class T, std::size_t Rank>
xt::xtensor<T, Rank> read_npy(const std::filesystem::path& path, const read_limits& limits = {}) {
    detail::file_source source(path, limits);
    return detail::npy_tensor<xt::xtensor<T, Rank>>(source);
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
