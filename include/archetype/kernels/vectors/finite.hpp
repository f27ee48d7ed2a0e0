// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/expression/ieee.hpp>

namespace archetype::kernels {

/// None of `count` floats or doubles is infinite or NaN, by their bits.
template <class T>
constexpr bool all_finite(const T* values, std::size_t count) {
    bool all = true;  // without a way out of the loop, so that it becomes vectors
    for (std::size_t i = 0; i < count; ++i) all &= expression::is_finite(values[i]);
    return all;
}

}  // namespace archetype::kernels
