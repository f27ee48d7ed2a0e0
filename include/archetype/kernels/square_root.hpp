// SPDX-License-Identifier: BSL-1.0
/// @file square_root.hpp
/// The square root without a mathematics library, also in constant expressions.
#pragma once
#include <bit>
#include <cstdint>

namespace archetype::kernels {

/// Square root by Newton's iteration from a guess that halves the exponent; within one unit in the last place
/// for normal numbers. NaN for negative numbers and NaN; 0 and infinity are their own roots.
template <class T>
constexpr T square_root(T value) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8);
    if (!(value >= T(0))) return value == value ? (value - value) / T(0) : value;
    if (value == T(0) || value - value != T(0)) return value;
    T root{};
    if constexpr (sizeof(T) == 4)
        root = std::bit_cast<T>((std::bit_cast<std::uint32_t>(value) >> 1) + 0x1fc00000u);
    else
        root = std::bit_cast<T>((std::bit_cast<std::uint64_t>(value) >> 1) + 0x1ff8000000000000u);
    for (int i = 0; i < (sizeof(T) == 4 ? 4 : 5); ++i) root = T(0.5) * (root + value / root);
    return root;
}

}  // namespace archetype::kernels
