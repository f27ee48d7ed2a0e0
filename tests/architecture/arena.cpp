// SPDX-License-Identifier: BSL-1.0
// Places of pieces in one block of memory.
#include <archetype/architecture/arena.hpp>
#include <catch.hpp>

#include <algorithm>
#include <random>

using archetype::detail::piece;
using archetype::detail::place;

namespace {

template <std::size_t Count>
constexpr std::uint64_t least(const piece (&pieces)[Count]) {
    std::uint64_t most = 0;
    for (const piece& at : pieces) {
        std::uint64_t alive = 0;
        for (const piece& other : pieces)
            if (other.first <= at.first && at.first <= other.last) alive += other.size;
        if (alive > most) most = alive;
    }
    return most;
}

template <std::size_t Count>
constexpr bool are_apart(const piece (&pieces)[Count], std::uint64_t end) {
    for (std::size_t a = 0; a < Count; ++a) {
        if (pieces[a].end() > end) return false;
        for (std::size_t b = 0; b < a; ++b)
            if (pieces[a].first <= pieces[b].last && pieces[b].first <= pieces[a].last &&
                pieces[a].offset < pieces[b].end() && pieces[b].offset < pieces[a].end())
                return false;
    }
    return true;
}

// The beginning of MNASNet: the largest first takes 11 instead of 8, since the 2 has no place beside the 6.
constexpr std::uint64_t chain = [] {
    piece pieces[]{{4, 0, 1}, {4, 1, 2}, {2, 2, 3}, {6, 3, 4}, {1, 4, 5}};
    const std::uint64_t end = place(pieces, 5, least(pieces));
    return are_apart(pieces, end) ? end : 0;
}();
static_assert(chain == 8);

}  // namespace

TEST_CASE("pieces that are alive together lie apart") {
    std::minstd_rand random(1);
    const auto below = [&](std::size_t n) { return random() % n; };
    std::size_t at_the_bound = 0, by_size = 0;
    for (int turn = 0; turn < 500; ++turn) {
        piece pieces[40]{};
        for (piece& one : pieces) {
            one.size = 1 + below(100);
            one.first = below(40);
            one.last = one.first + below(below(4) == 0 ? 12 : 3);
        }
        const std::uint64_t bound = least(pieces);
        const std::uint64_t end = place(pieces, 40, bound);
        REQUIRE(are_apart(pieces, end));
        REQUIRE(end >= bound);
        REQUIRE(std::any_of(std::begin(pieces), std::end(pieces),
                            [&](const piece& one) { return one.end() == end; }));
        const std::uint64_t first = place(pieces, 40);  // one attempt
        REQUIRE(are_apart(pieces, first));
        REQUIRE(end <= first);
        at_the_bound += end == bound, by_size += first == bound;
    }
    CHECK(by_size < 300);
    CHECK(at_the_bound > 400);
}

TEST_CASE("no pieces take no memory") {
    piece none[1]{};
    CHECK(place(none, 0, 0) == 0);
}
