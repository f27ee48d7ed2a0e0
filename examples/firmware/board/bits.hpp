// SPDX-License-Identifier: BSL-1.0
/// @file bits.hpp
/// One number for the bits of many, so that parameters are compared exactly without being printed.
#pragma once
#include <cstdint>

namespace board {

/// FNV-1a, 32 bits, over the bits of each number.
template <class Numbers>
constexpr std::uint32_t bits_of(const Numbers& numbers) {
    std::uint32_t hash = 0x811c9dc5u;
    for (const float& number : numbers)
        hash = (hash ^ __builtin_bit_cast(std::uint32_t, number)) * 0x01000193u;
    return hash;
}

}  // namespace board
