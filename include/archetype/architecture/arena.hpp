// SPDX-License-Identifier: BSL-1.0
/// @file arena.hpp
/// Places in one block of memory for pieces that are alive at different times.
#pragma once
#include <archetype/instruction_set.hpp>

#include <cstddef>
#include <cstdint>

namespace archetype {

/// Elements that start of a value are rounded to.
inline constexpr std::size_t arena_alignment = 16;

namespace detail {

ARCHETYPE_INLINE constexpr std::uint64_t round_up(std::uint64_t size, std::uint64_t to) {
    return (size + to - 1) / to * to;
}

/// A piece of memory that is alive from step `first` to step `last`.
struct piece {
    std::uint64_t size = 0;
    std::size_t first = 0, last = 0;
    std::uint64_t offset = 0;
};

/// Gives places to `count` pieces of memory, the largest first, each the lowest that is free while it is
/// alive (Pisarchyk, Lee 2020, "greedy by size"). Built-in arrays: for a compiler every index of a std::array is a call.
template <std::size_t Count>
constexpr std::uint64_t place(piece (&pieces)[Count], std::size_t count) {
    std::size_t order[Count]{}, placed[Count]{};
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t at = i;
        for (; at > 0 && pieces[order[at - 1]].size < pieces[i].size; --at) order[at] = order[at - 1];
        order[at] = i;
    }
    std::uint64_t end = 0;
    for (std::size_t n = 0; n < count; ++n) {
        piece& own = pieces[order[n]];
        const std::size_t first = own.first, last = own.last;
        std::uint64_t offset = 0;
        for (std::size_t k = 0; k < n; ++k) {  // `placed` is sorted by offset
            const piece& other = pieces[placed[k]];
            if (other.last < first || last < other.first) continue;
            if (other.offset >= offset + own.size) break;
            if (other.offset + other.size > offset) offset = other.offset + other.size;
        }
        own.offset = offset;
        if (offset + own.size > end) end = offset + own.size;
        std::size_t at = n;
        for (; at > 0 && pieces[placed[at - 1]].offset > offset; --at) placed[at] = placed[at - 1];
        placed[at] = order[n];
    }
    return end;
}

}  // namespace detail
}  // namespace archetype
