// SPDX-License-Identifier: BSL-1.0
/// @file argmax.hpp
/// The class a classifier decides for.
#pragma once
#include <archetype/expression/ieee.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {
template <class T>
ARCHETYPE_INLINE constexpr bool not_a_number([[maybe_unused]] T value) {
    if constexpr (std::is_floating_point_v<T>)
        return expression::is_nan(value);
    else
        return false;
}
}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Index of the first largest of `count` values (at least 1). NaN counts as largest, as in NumPy and PyTorch.
template <class T>
constexpr std::size_t argmax(const T* values, std::size_t count) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < count; ++i)
        if (!detail::not_a_number(values[best]) &&
            (detail::not_a_number(values[i]) || !(values[i] <= values[best])))
            best = i;
    return best;
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
