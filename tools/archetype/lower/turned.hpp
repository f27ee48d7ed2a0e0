// SPDX-License-Identifier: BSL-1.0
/// @file turned.hpp
/// A matrix with columns for rows, as most weights are stored the other way round.
#pragma once
#include "../evaluate/array.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace archetype::lower {

/// Numbers {units, places.size()} of a file: number i of unit k, times the factor, goes to places[i] * units + k.
inline std::vector<float> turned(const evaluate::array& from, const std::vector<std::size_t>& places,
                                 double factor = 1) {
    std::vector<float> made(from.size());
    const std::size_t inner = places.size();
    const std::size_t units = inner == 0 ? 0 : made.size() / inner;
    constexpr std::size_t lines = 16;
    constexpr std::size_t width = 256;
    // By way of a tile that stays in the nearest cache: both sides are read and written along their lines.
    std::array<float, lines * width> tile;
    evaluate::with_numbers(from, [&](const auto& numbers) {
        for (std::size_t k = 0; k < units; k += lines)
            for (std::size_t first = 0; first < inner; first += width) {
                const std::size_t high = std::min(lines, units - k);
                const std::size_t wide = std::min(width, inner - first);
                for (std::size_t line = 0; line < high; ++line)
                    for (std::size_t i = 0; i < wide; ++i)
                        tile[line * width + i] =
                            static_cast<float>(numbers[(k + line) * inner + first + i] * factor);
                for (std::size_t i = 0; i < wide; ++i)
                    for (std::size_t line = 0; line < high; ++line)
                        made[places[first + i] * units + k + line] = tile[line * width + i];
            }
    });
    from.release();
    return made;
}

}  // namespace archetype::lower
