// SPDX-License-Identifier: BSL-1.0
/// @file shards.hpp
/// The order in which an update's gradients are added: fixed by the number of shards, whoever computes them.
#pragma once
#include <archetype/instruction_set.hpp>

#include <bit>
#include <cstddef>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The samples of a batch are cut into `Count` runs, shards, whose lengths differ by one at most. The gradient of an update is
/// the sum over its shards in the order of a binary tree, ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)) for eight: results depend
/// on `Count` and never on how many processes compute the shards. At most `Count` processes can have some to compute;
/// multiples of their number divide the work evenly.
template <std::size_t Count>
struct shards {
    static_assert(Count != 0, "archetype: shards<n> takes a number of at least 1");
    static constexpr std::size_t value = Count;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Parts [first, last) of something.
struct part_range {
    std::size_t first = 0, last = 0;
    constexpr std::size_t size() const { return last - first; }
    constexpr bool contains(part_range other) const { return first <= other.first && other.last <= last; }
    constexpr bool overlaps(part_range other) const { return first < other.last && other.first < last; }
    friend constexpr bool operator==(const part_range&, const part_range&) = default;
};

/// The `place`-th of `pieces` runs of `count` things.
constexpr part_range piece_of(std::size_t count, std::size_t place, std::size_t pieces) {
    const std::size_t each = count / pieces, rest = count % pieces;
    const auto begin = [&](std::size_t i) { return each * i + (i < rest ? i : rest); };
    return {begin(place), begin(place + 1)};
}

/// Where a sum of at least two parts is cut in two: the left one has a power of two of them.
constexpr std::size_t middle_of(part_range sum) { return sum.first + std::bit_floor(sum.size() - 1); }

/// Calls `visit` for the largest sums of the tree below `sum` that have parts of `own` only, in order.
template <class Visit>
constexpr void for_each_sum(part_range sum, part_range own, const Visit& visit) {
    if (!own.overlaps(sum)) return;
    if (own.contains(sum)) {
        visit(sum);
        return;
    }
    const std::size_t middle = middle_of(sum);
    for_each_sum({sum.first, middle}, own, visit);
    for_each_sum({middle, sum.last}, own, visit);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
