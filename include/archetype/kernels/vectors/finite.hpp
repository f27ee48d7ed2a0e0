// SPDX-License-Identifier: BSL-1.0
/// @file finite.hpp
/// Whether numbers are finite, by their bits: `std::isfinite` is always true under -ffast-math.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace archetype::kernels {

/// Neither infinite nor NaN; of a float or a double.
template <class T>
constexpr bool is_finite(T value) {
    using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr bits exponent =
        sizeof(T) == 4 ? static_cast<bits>(0x7f800000u) : static_cast<bits>(0x7ff0000000000000u);
    return (__builtin_bit_cast(bits, value) & exponent) != exponent;
}
template <class T>
constexpr bool all_finite(const T* values, std::size_t count) {
    bool all = true;  // without a way out of the loop, so that it becomes vectors
    for (std::size_t i = 0; i < count; ++i) all &= is_finite(values[i]);
    return all;
}

}  // namespace archetype::kernels
