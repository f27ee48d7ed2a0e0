// SPDX-License-Identifier: BSL-1.0
/// @file tensor_entry.hpp
/// A named tensor as files hold it, and its values as numbers.
#pragma once
#include <algorithm>
#include <archetype/data/file_error.hpp>
#include <archetype/data/number_text.hpp>
#include <archetype/expression/ieee.hpp>
#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A tensor of a file: packed elements in row-major order, little-endian. Does not own the data.
struct tensor_entry {
    std::string name;
    std::string dtype;  ///< as safetensors writes it: "F32", "F64", "F16", "BF16", "I32", "U8", "BOOL", ...
    std::vector<std::size_t> shape;  ///< empty for a scalar
    std::span<const std::byte> data;
};

/// Bytes of one element, 0 if the type is not known or its elements are smaller than a byte.
inline std::size_t dtype_size(std::string_view dtype) {
    struct known {
        std::string_view name;
        std::size_t size;
    };
    static constexpr known types[] = {{"F32", 4},     {"F64", 8},         {"F16", 2},        {"BF16", 2},
                                      {"I64", 8},     {"I32", 4},         {"I16", 2},        {"I8", 1},
                                      {"U64", 8},     {"U32", 4},         {"U16", 2},        {"U8", 1},
                                      {"BOOL", 1},    {"C64", 8},         {"F8_E4M3", 1},    {"F8_E5M2", 1},
                                      {"F8_E8M0", 1}, {"F8_E4M3FNUZ", 1}, {"F8_E5M2FNUZ", 1}};
    for (const known& type : types)
        if (type.name == dtype) return type.size;
    return 0;
}

/// The name of a C++ type in files: `dtype_of<float>` is "F32".
template <class T>
requires std::is_arithmetic_v<T>
inline constexpr std::string_view dtype_of = [] {
    constexpr std::string_view names[3][4] = {
        {"I8", "I16", "I32", "I64"}, {"U8", "U16", "U32", "U64"}, {"F8", "F16", "F32", "F64"}};
    constexpr std::size_t kind = std::floating_point<T> ? 2 : std::is_signed_v<T> ? 0 : 1;
    return std::same_as<T, bool> ? "BOOL" : names[kind][std::bit_width(sizeof(T)) - 1];
}();

/// "(2, 3)"; "()" is a scalar.
inline std::string shape_text(std::span<const std::size_t> shape) {
    std::string text = "(";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    return text + ")";
}

/// Elements of a shape times the size of one, or nothing if it exceeds what memory can hold: also of an empty tensor the
/// other extents must be possible, as strides are their products.
inline std::optional<std::size_t> tensor_bytes(std::span<const std::size_t> shape, std::size_t element_size) {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
    std::size_t size = element_size;
    bool empty = false;
    for (std::size_t extent : shape) {
        empty = empty || extent == 0;
        if (extent == 0) continue;
        if (size > most / extent) return std::nullopt;
        size *= extent;
    }
    return empty ? 0 : size;
}

/// The entry of an array in memory. `values` must outlive it.
template <class T>
tensor_entry make_tensor_entry(std::string name, std::vector<std::size_t> shape, std::span<const T> values) {
    static_assert(std::endian::native == std::endian::little, "files are little-endian");
    static_assert(!std::same_as<T, long double>);
    return {std::move(name), std::string(dtype_of<T>), std::move(shape), std::as_bytes(values)};
}

/// IEEE 754 binary16 to binary32, exactly.
inline float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
    const std::uint32_t exponent = half >> 10 & 0x1Fu, fraction = half & 0x3FFu;
    if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000u | fraction << 13);
    if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
    const float subnormal = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -subnormal : subnormal;
}

/// bfloat16 to binary32, exactly.
inline float bfloat16_to_float(std::uint16_t value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

using shared_bytes = std::shared_ptr<const std::vector<std::byte>>;

/// The tensors of a file with its bytes.
class tensor_file {
public:
    tensor_file(std::string path, std::vector<shared_bytes> bytes, std::vector<tensor_entry> tensors)
        : path_(std::move(path)), bytes_(std::move(bytes)), tensors_(std::move(tensors)) {}

    const std::string& path() const noexcept { return path_; }
    /// In the order of the file.
    std::span<const tensor_entry> tensors() const noexcept { return tensors_; }
    /// The tensor of this name, or a null pointer.
    const tensor_entry* find(std::string_view name) const noexcept {
        for (const tensor_entry& tensor : tensors_)
            if (tensor.name == name) return &tensor;
        return nullptr;
    }

private:
    std::string path_;
    std::vector<shared_bytes> bytes_;
    std::vector<tensor_entry> tensors_;
};

template <class T>
T little_endian_value(const std::byte* from) {
    std::array<std::byte, sizeof(T)> bytes;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        bytes[i] = from[std::endian::native == std::endian::little ? i : sizeof(T) - 1 - i];
    return std::bit_cast<T>(bytes);
}

template <class From, class To, class Convert>
void convert_all(std::span<const std::byte> data, To* to, Convert convert) {
    for (std::size_t i = 0; i < data.size() / sizeof(From); ++i)
        to[i] = static_cast<To>(convert(little_endian_value<From>(data.data() + i * sizeof(From))));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether `copy_values` can turn elements of this type into float or double.
inline bool has_real_values(std::string_view dtype) {
    return dtype_size(dtype) != 0 && dtype != "C64" && !dtype.starts_with("F8_");
}

/// Writes the elements, rounded to `T` (float or double) if need be, to `to`, which has room for all of them.
/// False, and nothing written, for types without real values here (complex, 8-bit floats).
template <std::floating_point T>
bool copy_values(const tensor_entry& entry, T* to) {
    const auto same = [](auto value) { return value; };
    const std::span data = entry.data;
    const std::string_view type = entry.dtype;
    if (type == "F32")
        detail::convert_all<float>(data, to, same);
    else if (type == "F64")
        detail::convert_all<double>(data, to, same);
    else if (type == "F16")
        detail::convert_all<std::uint16_t>(data, to, half_to_float);
    else if (type == "BF16")
        detail::convert_all<std::uint16_t>(data, to, bfloat16_to_float);
    else if (type == "I64")
        detail::convert_all<std::int64_t>(data, to, same);
    else if (type == "I32")
        detail::convert_all<std::int32_t>(data, to, same);
    else if (type == "I16")
        detail::convert_all<std::int16_t>(data, to, same);
    else if (type == "I8")
        detail::convert_all<std::int8_t>(data, to, same);
    else if (type == "U64")
        detail::convert_all<std::uint64_t>(data, to, same);
    else if (type == "U32")
        detail::convert_all<std::uint32_t>(data, to, same);
    else if (type == "U16")
        detail::convert_all<std::uint16_t>(data, to, same);
    else if (type == "U8")
        detail::convert_all<std::uint8_t>(data, to, same);
    else if (type == "BOOL")
        detail::convert_all<std::uint8_t>(data, to, [](std::uint8_t value) { return value != 0 ? 1 : 0; });
    else
        return false;
    return true;
}

/// The elements of an entry that came from a file, as float or double; nothing for types without real values
/// here.
template <std::floating_point T>
std::optional<std::vector<T>> values_of(const tensor_entry& entry) {
    if (!has_real_values(entry.dtype)) return std::nullopt;
    std::vector<T> values(entry.data.size() / dtype_size(entry.dtype));
    copy_values(entry, values.data());
    return values;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A number that is not finite, or is none as the type that was asked for: its text and place.
struct bad_number {
    std::size_t index = 0;
    std::string text{};

    /// "nan at index 5, element (1, 2)".
    std::string message(std::span<const std::size_t> shape) const {
        std::vector<std::size_t> place(shape.begin(), shape.end());
        std::size_t rest = index;
        for (std::size_t axis = place.size(); axis-- > 0; rest /= shape[axis])
            place[axis] = rest % shape[axis];
        return text + " at index " + std::to_string(index) +
               (shape.size() > 1 ? ", element " + archetype::shape_text(place) : "");
    }
};
template <std::floating_point T>
std::optional<bad_number> first_bad_number(std::span<const T> values) {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!expression::is_finite(values[i])) return bad_number{i, std::to_string(values[i])};
    return std::nullopt;
}
/// Of the elements as `T`, which need no room.
template <std::floating_point T>
std::optional<bad_number> first_bad_number(const tensor_entry& entry) {
    const std::size_t size = dtype_size(entry.dtype), count = size == 0 ? 0 : entry.data.size() / size;
    std::array<T, 256> some;
    std::array<double, 256> exact;
    for (std::size_t first = 0; first < count; first += some.size()) {
        const std::size_t now = std::min(some.size(), count - first);
        const tensor_entry part{{}, entry.dtype, {}, entry.data.subspan(first * size, now * size)};
        if (!copy_values(part, some.data())) return std::nullopt;
        if (auto bad = first_bad_number(std::span<const T>(some.data(), now))) {
            copy_values(part, exact.data());
            if (const double value = exact[bad->index]; expression::is_finite(value)) {
                bad->text = number_text(value) + ", which is beyond a float";
            }
            bad->index += first;
            return bad;
        }
    }
    return std::nullopt;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
