// SPDX-License-Identifier: BSL-1.0
/// @file finite.hpp
/// Whether numbers are finite, by their bits: `std::isfinite` is always true under -ffast-math.
#pragma once
#include <archetype/expression/ieee.hpp>
#include <cstddef>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

using expression::is_finite;

template <class T>
constexpr bool all_finite(const T* values, std::size_t count) {
    using format = expression::format<T>;
    using word = typename format::word;
    // This carries into the highest bit from the bits of infinity on.
    constexpr word top = word{1} << (8 * sizeof(word) - 1), carries = top - format::infinity_bits;
    word all = 0;
    const auto look = [&](const T& x) { all |= expression::detail::magnitude_bits(x) + carries; };
    // Blocks of a constant length without a way out, so that -O2 makes vectors of them.
    constexpr std::size_t block = 64;
    for (; count >= block; count -= block, values += block)
        for (std::size_t i = 0; i < block; ++i) look(values[i]);
    for (; count != 0; --count) look(*values++);
    return (all & top) == 0;
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
