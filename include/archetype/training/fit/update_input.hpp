// SPDX-License-Identifier: BSL-1.0
/// @file update_input.hpp
/// What a trainer asks before and does for every update, whatever it trains by.
#pragma once
#include <archetype/execution/host/training_pass.hpp>

#include <optional>
#include <stdexcept>
#include <string>

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

/// @throws std::invalid_argument if a checkpoint had another schedule
inline void check_schedule(const std::optional<std::string>& expected, const std::string& settings) {
    if (!expected || *expected == settings) return;
    const auto text = [](const std::string& of) { return of.empty() ? "no schedule" : of; };
    throw std::invalid_argument("archetype::trainer: expected the schedule of the checkpoint, " +
                                text(*expected) + ", found " + text(settings) +
                                " (checkpoint_options::other_schedule)");
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
