// SPDX-License-Identifier: BSL-1.0
#include <archetype/architecture.hpp>
#include <archetype/plotting/memory_picture.hpp>
#include <catch.hpp>

#include <algorithm>

#include "temporary_directory.hpp"

namespace at = archetype;

namespace {

using net = at::network<at::input<16, 16, 1>, at::conv2d<4, 3, at::same>, at::relu,
                        at::residual<at::conv2d<4, 3, at::same>>,
                        at::branches<at::concatenate, at::conv2d<2, 1>, at::conv2d<3, 1>>, at::flatten,
                        at::dense<10>, at::softmax>;

/// Bytes of pieces that are there at a step, and whether two of them overlap.
std::uint64_t there_at(const at::memory_map& map, std::size_t step) {
    std::uint64_t sum = 0;
    for (const at::memory_piece& one : map.pieces) {
        if (step < one.first || step > one.last) continue;
        sum +=
            (one.size + 4 * at::arena_alignment - 1) / (4 * at::arena_alignment) * (4 * at::arena_alignment);
        CHECK(one.offset + one.size <= map.arena_bytes);
        for (const at::memory_piece& other : map.pieces)
            if (&other != &one && step >= other.first && step <= other.last)
                CHECK((other.offset >= one.offset + one.size || one.offset >= other.offset + other.size));
    }
    return sum;
}

}  // namespace

TEST_CASE("a memory map has what the plan has: no two pieces at one place, and as much as is alive") {
    const at::memory_map map = at::memory_map_of<net>();
    CHECK(map.arena_bytes == at::arena_bytes<net>);
    REQUIRE(map.steps.size() == at::inference_plan_of<net>.step_count);
    for (std::size_t step = 0; step < map.steps.size(); ++step) CHECK(there_at(map, step) == map.live[step]);
    CHECK(map.live[map.peak()] == at::arena_lower_bound_bytes<net>);
    CHECK(map.steps[0] == "conv2d + relu");
    CHECK(std::any_of(map.pieces.begin(), map.pieces.end(), [](const at::memory_piece& one) {
        return one.kind == at::memory_piece::kinds::concatenation && one.detail == "16 x 16 x 5, 2 within";
    }));
    CHECK(at::memory_map_of<net, std::int8_t>().arena_bytes == map.arena_bytes / 4);
}

TEST_CASE("its picture names the step that needs most, and escapes what XML would take for its own") {
    at::memory_map map = at::memory_map_of<net>();
    map.steps[map.peak()] = "a<b & c";
    const std::string picture = at::memory_picture(map, "net");
    CHECK(at::memory_picture(map, "a \"net\"").find("aria-label=\"a &quot;net&quot;\"") != std::string::npos);
    CHECK(picture.find("Most is needed at step " + std::to_string(map.peak() + 1) + ", a&lt;b &amp; c") !=
          std::string::npos);
    CHECK(picture.find("a<b") == std::string::npos);
    const testing::temporary_directory directory;
    at::write_memory_picture(map, directory.path() / "net.svg", "net");
    CHECK(std::filesystem::file_size(directory.path() / "net.svg") == picture.size());
    CHECK_THROWS_AS(at::write_memory_picture(map, directory.path() / "none" / "net.svg", "net"),
                    std::runtime_error);
}
