// SPDX-License-Identifier: BSL-1.0
/// @file transpose.hpp
/// Transposition of small blocks in registers.
#pragma once
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class T>
struct vector_of {
    // NOLINTNEXTLINE(modernize-use-using): the attribute belongs to a typedef
    typedef T type __attribute__((vector_size(lane_count<T> * sizeof(T))));
};

/// Element i of the result is element (Half * Width + i) / 2 of a (even i) or b (odd i).
template <std::size_t Half, std::size_t Width, class Vector, std::size_t... Index>
ARCHETYPE_INLINE Vector interleave(const Vector& a, const Vector& b, std::index_sequence<Index...>) {
#if defined(__clang__) || __GNUC__ >= 12
    return __builtin_shufflevector(
        a, b, ((Half * Width + Index) / 2 + (Index % 2 == 0 ? std::size_t{} : Width))...);
#else
    using word = std::conditional_t<sizeof(a[0]) == 4, int, long long>;
    // NOLINTNEXTLINE(modernize-use-using): the attribute belongs to a typedef
    typedef word places __attribute__((vector_size(sizeof(Vector))));
    return __builtin_shuffle(
        a, b,
        places{static_cast<word>((Half * Width + Index) / 2 + (Index % 2 == 0 ? std::size_t{} : Width))...});
#endif
}

/// to[j * to_stride + i] = from[i * from_stride + j] for i, j < lane_count<T>. Interleaving row i with row i
/// + half of the rows, as many times as the width has bits, moves every element to its place.
template <class T>
ARCHETYPE_INLINE void transpose_block(const T* from, std::size_t from_stride, T* to, std::size_t to_stride) {
    constexpr std::size_t width = lane_count<T>;
    using vector = typename vector_of<T>::type;
    vector rows[width], mixed[width];
#pragma GCC unroll 16
    for (std::size_t i = 0; i < width; ++i)
        __builtin_memcpy(&rows[i], from + i * from_stride, sizeof(vector));
#pragma GCC unroll 4
    for (std::size_t pass = 1; pass < width; pass *= 2) {
#pragma GCC unroll 16
        for (std::size_t i = 0; i < width / 2; ++i) {
            mixed[2 * i] =
                interleave<0, width>(rows[i], rows[i + width / 2], std::make_index_sequence<width>{});
            mixed[2 * i + 1] =
                interleave<1, width>(rows[i], rows[i + width / 2], std::make_index_sequence<width>{});
        }
#pragma GCC unroll 16
        for (std::size_t i = 0; i < width; ++i) rows[i] = mixed[i];
    }
#pragma GCC unroll 16
    for (std::size_t i = 0; i < width; ++i) __builtin_memcpy(to + i * to_stride, &rows[i], sizeof(vector));
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
