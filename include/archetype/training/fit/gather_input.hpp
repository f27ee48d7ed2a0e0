// SPDX-License-Identifier: BSL-1.0
/// @file gather_input.hpp
/// The samples of a batch, where a training pass reads them.
#pragma once
#include <archetype/execution/host/training_pass.hpp>

#include <cstddef>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Samples `order[0]` to `order[count - 1]` of input `K`, one after the other, to where a pass reads them.
template <class Net, std::size_t K, class X, class T>
void gather_input(const X* samples, const std::size_t* order, std::size_t count, T* base) {
    constexpr const value& input = training_plan<Net>.values[training_plan<Net>.inputs[K]];
    constexpr kernels::image to = image_of(input, input.extents);
    constexpr std::size_t row = to.width * to.channels;
    for (std::size_t n = 0; n < count; ++n)
        for (std::size_t y = 0; y < to.height; ++y) {
            const X* const from = samples + order[n] * to.size() + y * row;
            T* const at = base + n * to.sample_stride + to.offset + y * to.row_stride;
            for (std::size_t i = 0; i < row; ++i) at[i] = static_cast<T>(from[i]);
        }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
