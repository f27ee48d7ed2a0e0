// SPDX-License-Identifier: BSL-1.0
/// @file select.hpp
/// Comparisons and choices on `lanes<T>`, the same on scalars, with NaN handled as kernels need it.
#pragma once
#include <archetype/kernels/vectors/lanes_exact.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One truth value per element of `lanes<T>`; `bool` without SIMD. Supports `|`, `&`.
#if ARCHETYPE_HAS_XSIMD
template <class T>
using lane_mask = xsimd::batch_bool<T>;
#else
template <class T>
using lane_mask = bool;
#endif

/// `mask ? yes : no` in each element.
template <class T>
ARCHETYPE_INLINE lanes<T> select(const lane_mask<T>& mask, const lanes<T>& yes, const lanes<T>& no) {
#if ARCHETYPE_HAS_XSIMD
    return xsimd::select(mask, yes, no);
#else
    return mask ? yes : no;
#endif
}

/// The larger of two numbers; NaN if either is. Takes the same number of instructions for all numbers but NaN.
template <class T>
ARCHETYPE_INLINE constexpr T larger(T a, T b) {
#if ARCHETYPE_FINITE_MATH
    if (expression::is_nan(a)) return a;
    return expression::is_nan(b) || a < b ? b : a;
#else
    if (a != a || b <= a) return a;
    return b;
#endif
}

/// The larger of both; NaN if either is. Unlike `std::max` and most SIMD instructions it loses NaN in neither
/// argument.
template <class T>
ARCHETYPE_INLINE lanes<T> maximum(const lanes<T>& a, const lanes<T>& b) {
#if ARCHETYPE_HAS_XSIMD
#if ARCHETYPE_FINITE_MATH
    return select<T>(is_nan<T>(a), a, select<T>(is_nan<T>(b), b, xsimd::max(a, b)));
#else
    return select<T>(is_nan<T>(a) | (b <= a), a, b);
#endif
#else
    return larger<T>(a, b);
#endif
}

/// The largest element; NaN if any is.
template <class T>
ARCHETYPE_INLINE T largest(const lanes<T>& value) {
#if ARCHETYPE_HAS_XSIMD
    T elements[lane_count<T>];
    value.store_unaligned(elements);
    for (std::size_t width = lane_count<T> / 2; width != 0; width /= 2)
        for (std::size_t i = 0; i < width; ++i) {
            const T a = elements[i], b = elements[i + width];
            elements[i] = larger<T>(a, b);
        }
    return elements[0];
#else
    return value;
#endif
}

/// Loads the first `count` elements; the rest are `filler`.
template <class T>
ARCHETYPE_INLINE lanes<T> load_filled(const T* from, std::size_t count, T filler) {
#if ARCHETYPE_HAS_XSIMD
    if (count >= lane_count<T>) return load(from);
    T buffer[lane_count<T>];
    for (T& element : buffer) element = filler;
    __builtin_memcpy(buffer, from, count * sizeof(T));
    return lanes<T>::load_unaligned(buffer);
#else
    return count != 0 ? *from : filler;
#endif
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
