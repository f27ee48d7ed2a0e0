// SPDX-License-Identifier: BSL-1.0
#include <archetype/plotting/heat_map.hpp>
#include <catch.hpp>

#include <limits>

#include "png.hpp"

namespace at = archetype;
using Catch::Equals;

TEST_CASE("a table of numbers, as text and as PNG") {
    const at::heat_map map("Loss", "rate", {"0.1", "1"}, "momentum", {"0", "0.5", "0.9"},
                           {0.25, 0.125, 3, 1000, std::numeric_limits<double>::quiet_NaN(), -1.5});
    CHECK_THAT(map.text(), Equals("Loss (across: momentum)\n"
                                  "rate |      0    0.5    0.9\n"
                                  "-----+---------------------\n"
                                  " 0.1 |   0.25  0.125      3\n"
                                  "   1 |   1000    nan   -1.5\n"));
    const testing::temporary_directory directory;
    if (!map.write_png(directory.path() / "map.png", 400, 300)) {
        WARN("skipped: gnuplot is not installed");
        return;
    }
    CHECK(testing::png_size(directory.path() / "map.png") == std::pair<unsigned, unsigned>{400, 300});
}

TEST_CASE("a heat map needs a value for each cell") {
    CHECK_THROWS_WITH(at::heat_map("Loss", "r", {"a", "b"}, "c", {"x"}, {1}),
                      Equals("heat_map: expected a value for each of 2 rows and 1 columns, found 1"));
    CHECK_THROWS_AS(at::heat_map("Loss", "r", {}, "c", {}, {}), std::invalid_argument);
}
