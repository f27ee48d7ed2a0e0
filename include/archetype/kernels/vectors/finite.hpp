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
    bool all = true;  // without a way out of the loop, so that it becomes vectors
    for (std::size_t i = 0; i < count; ++i) all &= is_finite(values[i]);
    return all;
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
