// SPDX-License-Identifier: BSL-1.0
#include <archetype/plotting/search_pictures.hpp>
#include <catch.hpp>

namespace at = archetype;
using Catch::Contains;
using Catch::Equals;

TEST_CASE("scores of a search as a table and as points") {
    const auto candidates =
        at::grid_candidates({{"rate", {1, 0.1}}, {"momentum", {0, 0.9}}, {"decay", {0, 1}}});
    const auto result = at::search(candidates, [](const at::candidate& of, at::seed) {
        return 10 * of["rate"] + of["momentum"] + 100 * of["decay"];
    });
    CHECK_THAT(at::search_map(result, "rate", "momentum").text(), Equals("Score (across: momentum)\n"
                                                                         "rate |     0   0.9\n"
                                                                         "-----+------------\n"
                                                                         " 0.1 |     1   1.9\n"
                                                                         "   1 |    10  10.9\n"));
    CHECK_THAT(at::search_points(result, "rate").text(), Contains("rate") && Contains("110.9 |"));
    CHECK_THAT(at::search_points(result, "parameters").text(), Contains("parameters"));
    CHECK_THROWS_AS(at::search_map(result, "rate", "width"), std::out_of_range);
    CHECK_THROWS_AS(at::search_points(result, "width"), std::out_of_range);
}
