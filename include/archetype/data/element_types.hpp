// SPDX-License-Identifier: BSL-1.0
/// @file element_types.hpp
/// Elements of files: their byte order, which types hold them, and how they become a tensor.
#pragma once
#include <archetype/data/file_error.hpp>
#include <archetype/execution/host/xarray.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#if __has_include(<xtensor/containers/xtensor.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Every value of `From` is a value of `To`.
template <class From, class To>
inline constexpr bool keeps_every_value =
    std::same_as<From, To> ||
    (std::numeric_limits<To>::digits >= std::numeric_limits<From>::digits &&
     (std::floating_point<To> || (std::integral<From> && (std::is_signed_v<To> || !std::is_signed_v<From>))));

/// The element whose bytes stand at `from` in this order.
template <class T>
T element_at(const std::byte* from, std::endian order) {
    std::array<std::byte, sizeof(T)> bytes;
    std::copy_n(from, sizeof(T), bytes.begin());
    if (order != std::endian::native) std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<T>(bytes);
}

/// "2 x 3".
inline std::string extents_text(std::span<const std::size_t> shape) {
    std::string text;
    for (const std::size_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
    return text;
}

/// Packed elements of a file and their shape.
struct element_layout {
    char kind = 0;         ///< f, i, u or b (bool)
    std::size_t size = 0;  ///< bytes of an element
    std::endian order = std::endian::native;
    bool column_major = false;  ///< the first axis varies fastest
    std::vector<std::size_t> shape;

    std::string name{};  ///< of the type, for messages

    /// Bytes of all elements. Also of an empty tensor all other extents must be possible: strides are their products.
    /// @throws file_error
    std::size_t bytes(const std::string& path, std::size_t element) const {
        constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
        std::size_t product = std::max<std::size_t>(element, sizeof(double));
        bool overflow = false, empty = false;
        for (const std::size_t extent : shape) {
            empty = empty || extent == 0;
            if (extent != 0)
                overflow =
                    overflow || product > most / extent || __builtin_mul_overflow(product, extent, &product);
        }
        if (overflow) throw file_error({path, "extents that fit in memory", extents_text(shape)});
        if (empty) return 0;
        return product / std::max<std::size_t>(element, sizeof(double)) * element;
    }
};

/// Calls `call` with a value of the elements' type.
template <class Call>
void with_element_type(const element_layout& layout, const Call& call) {
    switch (layout.kind) {
        case 'f':
            return layout.size == 4 ? call(float{}) : call(double{});
        case 'i':
            return layout.size == 1   ? call(std::int8_t{})
                   : layout.size == 2 ? call(std::int16_t{})
                   : layout.size == 4 ? call(std::int32_t{})
                                      : call(std::int64_t{});
        default:
            return layout.size == 1   ? call(std::uint8_t{})
                   : layout.size == 2 ? call(std::uint16_t{})
                   : layout.size == 4 ? call(std::uint32_t{})
                                      : call(std::uint64_t{});
    }
}

/// Turns the elements of a file, piece by piece, into those of a tensor in row-major order.
template <class T>
class element_copy {
public:
    element_copy(const element_layout& layout, T* to)
        : layout_(layout), to_(to), index_(layout.shape.size()) {}

    /// @throws file_error if `T` does not hold every value of the type
    static void check(const element_layout& layout, const std::string& path) {
        with_element_type(layout, [&]<class From>(From) {
            if constexpr (!keeps_every_value<From, T>)
                throw file_error({path, "elements that the wanted type can hold", layout.name});
        });
    }
    /// Whole elements, the next ones.
    void add(std::span<const std::byte> bytes) {
        with_element_type(layout_, [&]<class From>(From) {
            if constexpr (keeps_every_value<From, T>)
                for (std::size_t at = 0; at < bytes.size(); at += sizeof(From))
                    to_[next()] = static_cast<T>(element_at<From>(bytes.data() + at, layout_.order));
        });
    }

private:
    /// Where the next element of the file belongs.
    std::size_t next() {
        if (!layout_.column_major) return place_++;
        std::size_t ours = 0;
        for (std::size_t axis = 0; axis < index_.size(); ++axis)
            ours = ours * layout_.shape[axis] + index_[axis];
        for (std::size_t axis = 0; axis < index_.size() && ++index_[axis] == layout_.shape[axis]; ++axis)
            index_[axis] = 0;
        return ours;
    }

    const element_layout& layout_;
    T* to_;
    std::size_t place_ = 0;
    std::vector<std::size_t> index_;
};

/// The rank and the elements fit a tensor, which memory could hold. @throws file_error
template <class Tensor>
void check_tensor(const element_layout& layout, const std::string& path) {
    using shape_type = typename Tensor::shape_type;
    if constexpr (requires { std::tuple_size<shape_type>::value; })
        if (constexpr std::size_t rank = std::tuple_size<shape_type>::value; layout.shape.size() != rank)
            throw file_error(
                {path, "rank " + std::to_string(rank), "rank " + std::to_string(layout.shape.size())});
    element_copy<typename Tensor::value_type>::check(layout, path);
    (void)layout.bytes(path, sizeof(typename Tensor::value_type));
}

/// A tensor of the elements of memory, or of a `file_source` that stands behind the header. @throws file_error
template <class Tensor>
Tensor new_tensor(const element_layout& layout, const std::string& path) {
    typename Tensor::shape_type shape{};
    if constexpr (requires { shape.resize(1); }) shape.resize(layout.shape.size());
    for (std::size_t axis = 0; axis < shape.size(); ++axis) shape[axis] = layout.shape[axis];
    try {
        return Tensor::from_shape(shape);
    } catch (const std::bad_alloc&) {
        throw file_error({path, "content that fits in memory", "extents " + extents_text(layout.shape)});
    }
}
template <class Tensor>
Tensor elements_of(std::span<const std::byte> bytes, const element_layout& layout, const std::string& path) {
    check_tensor<Tensor>(layout, path);
    Tensor made = new_tensor<Tensor>(layout, path);
    element_copy<typename Tensor::value_type>(layout, made.data()).add(bytes);
    return made;
}
template <class Tensor, class Source>
Tensor elements_of(Source& source, const element_layout& layout) {
    const std::size_t size = layout.bytes(source.path(), layout.size);
    check_tensor<Tensor>(layout, source.path());
    source.announce(size);
    Tensor made = new_tensor<Tensor>(layout, source.path());
    element_copy<typename Tensor::value_type> copy(layout, made.data());
    std::vector<std::byte> buffer(
        std::min<std::size_t>(size, 1 << 16));  // whole elements: their sizes divide it
    for (std::size_t got = 0; got < size;) {
        const std::span<std::byte> piece = std::span(buffer).first(std::min(buffer.size(), size - got));
        const std::size_t some = source.read(piece);
        if (some != piece.size()) source.fail_size(source.given() + size - got - some, source.given());
        copy.add(piece);
        got += some;
    }
    source.end();
    return made;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
