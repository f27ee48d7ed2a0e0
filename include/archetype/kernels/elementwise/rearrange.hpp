// SPDX-License-Identifier: BSL-1.0
/// @file rearrange.hpp
/// Elements that move: slices with a step, other orders of axes, channels dealt out in groups, and the way back.
#pragma once
#include <archetype/kernels/images/runs.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Where the elements of a result come from, as `axis_moves` of a layer says it; axes are rows, columns and channels.
struct rearrangement {
    std::size_t from[3]{0, 1, 2};
    std::ptrdiff_t first[3]{}, step[3]{1, 1, 1};
    std::size_t groups = 1;
    std::size_t extents[3]{};  ///< of the result
    bool back = false;  ///< from the result to the input: cells of the input that nobody took are zeros

    struct cell {
        std::size_t at[3];
        bool inside = true;
    };
    /// Where the element at (y, x, c) comes from.
    ARCHETYPE_INLINE constexpr cell source(std::size_t y, std::size_t x, std::size_t c) const {
        cell found{{y, x, c}};
        if (back) {
            const std::size_t in_group = extents[2] / groups;
            const std::size_t at[3] = {y, x, groups == 1 ? c : c % in_group * groups + c / in_group};
            for (std::size_t axis = 0; axis < 3; ++axis) {
                const std::ptrdiff_t apart = static_cast<std::ptrdiff_t>(at[from[axis]]) - first[axis];
                const auto cells = static_cast<std::size_t>(apart / step[axis]);
                found.inside = found.inside && apart % step[axis] == 0 && cells < extents[axis];
                found.at[axis] = cells;
            }
        } else {
            const std::size_t at[3] = {y, x, c};
            for (std::size_t axis = 0; axis < 3; ++axis)
                found.at[from[axis]] = static_cast<std::size_t>(
                    first[axis] + static_cast<std::ptrdiff_t>(at[axis]) * step[axis]);
            if (groups != 1)
                found.at[2] = found.at[2] % groups * (extents[2] / groups) + found.at[2] / groups;
        }
        return found;
    }
    /// Neighbouring channels come from neighbouring channels.
    constexpr bool keeps_channels() const { return from[2] == 2 && step[2] == 1 && groups == 1; }
};

/// out[...] = epilogue(in[where `Move` says], or 0 where nobody took an element).
template <rearrangement Move, image In, image Out, class T, class Epilogue>
void rearrange(const T* in, T* out, const Epilogue& epilogue, range samples) {
    constexpr std::size_t width = lane_count<T>, channels = Out.channels;
    const auto from = [&](std::size_t n, const rearrangement::cell& cell) ARCHETYPE_INLINE_LAMBDA {
        return in + pixel_offset<In>(n, cell.at[0], cell.at[1]) + cell.at[2];
    };
    for (std::size_t n = samples.first; n < samples.last; ++n)
        for (std::size_t y = 0; y < Out.height; ++y)
            for (std::size_t x = 0; x < Out.width; ++x)
                for_channel_vectors<T, channels>([&](std::size_t c) ARCHETYPE_INLINE_LAMBDA {
                    const std::size_t count = channels - c < width ? channels - c : width;
                    const rearrangement::cell begin = Move.source(y, x, c);
                    lanes<T> value = broadcast(T(0));
                    bool together = false;
                    if constexpr (Move.keeps_channels())
                        together = begin.inside && (!Move.back || begin.at[2] + count <= In.channels);
                    if (together) {
                        value = load(from(n, begin));
                    } else {
                        T elements[width]{};
                        for (std::size_t i = 0; i < count; ++i)
                            if (const rearrangement::cell cell = Move.source(y, x, c + i); cell.inside)
                                elements[i] = *from(n, cell);
                        value = load(static_cast<const T*>(elements));
                    }
                    store_channels<Out>(out + pixel_offset<Out>(n, y, 0), x, c,
                                        lanes<T>(epilogue(value, place{n, y, x, c})));
                });
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
