// SPDX-License-Identifier: BSL-1.0
/// @file argmax.hpp
/// The class a classifier decides for.
#pragma once
#include <cstddef>

namespace archetype::kernels {

/// Index of the first largest of `count` values (at least 1). NaN counts as largest, as in NumPy and PyTorch.
template <class T>
constexpr std::size_t argmax(const T* values, std::size_t count) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < count; ++i)
        if (values[best] == values[best] && !(values[i] <= values[best])) best = i;
    return best;
}

}  // namespace archetype::kernels
