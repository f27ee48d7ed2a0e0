// SPDX-License-Identifier: BSL-1.0
/// @file narrow_numbers.hpp
/// Weights of 8 bits as real numbers, and what becomes of their sums.
#pragma once
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>
#include <cstdint>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A table whose rows stand for scale * weight. Vectors read up to 63 of both past the end.
template <class T>
struct int8_rows {
    const std::int8_t* weights = nullptr;
    const T* scales = nullptr;
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Weights as real numbers, without their scale. (g++ 12 makes single conversions of __builtin_convertvector where the sizes
/// differ by four.)
template <class T>
ARCHETYPE_INLINE lanes<T> load_int8(const std::int8_t* from) {
    constexpr std::size_t width = lane_count<T>;
    if constexpr (width == 1) {
        return lanes<T>(static_cast<T>(*from));
#if ARCHETYPE_HAS_XSIMD && defined(__AVX512F__)
    } else if constexpr (sizeof(T) == 4 && width == 16) {
        __m128i bytes;
        __builtin_memcpy(&bytes, from, sizeof(bytes));
        return lanes<T>(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)));
#endif
#if ARCHETYPE_HAS_XSIMD && defined(__AVX2__)
    } else if constexpr (sizeof(T) == 4 && width == 8) {
        return lanes<T>(_mm256_cvtepi32_ps(
            _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)))));
#endif
#if ARCHETYPE_HAS_XSIMD && defined(__SSE4_1__)
    } else if constexpr (sizeof(T) == 4 && width == 4) {
        int bytes;
        __builtin_memcpy(&bytes, from, sizeof(bytes));
        return lanes<T>(_mm_cvtepi32_ps(_mm_cvtepi8_epi32(_mm_cvtsi32_si128(bytes))));
#elif ARCHETYPE_HAS_XSIMD && defined(__aarch64__)
    } else if constexpr (sizeof(T) == 4 && width == 4) {
        return lanes<T>(vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vld1_s8(from))))));
#endif
    } else {
        T numbers[width];
        for (std::size_t i = 0; i < width; ++i) numbers[i] = static_cast<T>(from[i]);
        return load(numbers);
    }
}

/// A vector of row `row` of a table with `Width` columns.
template <class T, std::size_t Width>
ARCHETYPE_INLINE lanes<T> load_row(const T* table, std::size_t row, std::size_t channel) {
    return load(table + row * Width + channel);
}
template <class T, std::size_t Width>
ARCHETYPE_INLINE lanes<T> load_row(const int8_rows<T>& table, std::size_t row, std::size_t channel) {
    return load_int8<T>(table.weights + row * Width + channel) * broadcast(table.scales[row]);
}

/// The sum of a column with its scale and its bias, which may be null.
template <class T>
ARCHETYPE_INLINE lanes<T> scaled_sum(const lanes<T>& sum, const T* scale, const T* bias) {
    return bias != nullptr ? lanes<T>(multiply_add<T>(sum, load(scale), load(bias)))
                           : lanes<T>(sum * load(scale));
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
