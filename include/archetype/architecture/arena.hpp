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
    ARCHETYPE_INLINE constexpr std::uint64_t end() const { return offset + size; }
};

/// Gives places to `count` pieces of memory in an order, each the lowest that is free while it is alive. Returns which of
/// them ends highest. Built-in arrays: for a compiler every index of a std::array is a call.
template <std::size_t Count>
constexpr std::size_t place_in_order(piece (&pieces)[Count], std::size_t count,
                                     const std::size_t (&order)[Count]) {
    std::size_t placed[Count]{};
    std::size_t highest = order[0];
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
        if (own.end() > pieces[highest].end()) highest = order[n];
        std::size_t at = n;
        for (; at > 0 && pieces[placed[at - 1]].offset > offset; --at) placed[at] = placed[at - 1];
        placed[at] = order[n];
    }
    return highest;
}

/// What `place` may try beyond its first attempt, within the compilers' limits for constant expressions: pairs of pieces that
/// are looked at, and attempts, which cost something with few pieces too.
inline constexpr std::size_t placing_effort = 400'000, placing_attempts = 64;

/// Gives places to `count` pieces of memory, the largest first (Pisarchyk, Lee 2020, "greedy by size"). While that takes
/// more than `least`, what ends highest comes first in the next attempt (Joslin, Clements 1999, "squeaky wheel
/// optimization"); the best attempt counts. Without `least` there is one attempt. Returns where the highest piece ends.
template <std::size_t Count>
constexpr std::uint64_t place(piece (&pieces)[Count], std::size_t count,
                              std::uint64_t least = ~std::uint64_t{0}) {
    if (count == 0) return 0;
    std::size_t order[Count]{};
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t at = i;
        for (; at > 0 && pieces[order[at - 1]].size < pieces[i].size; --at) order[at] = order[at - 1];
        order[at] = i;
    }
    std::size_t highest = place_in_order(pieces, count, order);
    std::uint64_t end = pieces[highest].end();
    if (end <= least) return end;
    std::uint64_t best[Count]{};
    for (std::size_t i = 0; i < count; ++i) best[i] = pieces[i].offset;
    const std::size_t effort = placing_effort / (count * count);
    for (std::size_t left = effort < placing_attempts ? effort : placing_attempts; left > 0 && end > least;
         --left) {
        std::size_t at = 0;
        while (order[at] != highest) ++at;
        for (; at > 0; --at) order[at] = order[at - 1];
        order[0] = highest;
        highest = place_in_order(pieces, count, order);
        if (pieces[highest].end() >= end) continue;
        end = pieces[highest].end();
        for (std::size_t i = 0; i < count; ++i) best[i] = pieces[i].offset;
    }
    for (std::size_t i = 0; i < count; ++i) pieces[i].offset = best[i];
    return end;
}

}  // namespace detail
}  // namespace archetype
