// SPDX-License-Identifier: BSL-1.0
#include <archetype/plotting/plot.hpp>
#include <catch.hpp>

#include <cstdlib>
#include <limits>

#include "../temporary_directory.hpp"
#include "png.hpp"

namespace at = archetype;
using Catch::Contains;
using Catch::Equals;
using numbers = std::vector<double>;

TEST_CASE("a curve of characters") {
    const at::plot picture = at::plot("Growth", "x", "y").line(numbers{0, 1, 2}, numbers{0, 1, 4}, "squares");
    CHECK_THAT(picture.text(9, 5), Equals("Growth (up: y)\n"
                                          "4 |        *\n"
                                          "  |      **\n"
                                          "  |     *\n"
                                          "  |  ***\n"
                                          "0 |**\n"
                                          "  +---------\n"
                                          "   0   x   2\n"
                                          "   * squares\n"));
}

TEST_CASE("points, gaps and logarithmic axes") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    at::plot picture("Gap");
    picture.line(numbers{0, 1, 2, 3, 4}, numbers{1, 1, nan, 3, 3}).points(numbers{2}, numbers{2}, "one");
    CHECK_THAT(picture.text(9, 3), Equals("Gap\n"
                                          "3 |      ***\n"
                                          "  |    o\n"
                                          "1 |***\n"
                                          "  +---------\n"
                                          "   0       4\n"
                                          "   o one\n"));
    at::plot decades("Decades");
    decades.points(numbers{1, 10, 100, -1}, numbers{1000, 10, 0.1, 5}).log_x().log_y();
    CHECK_THAT(decades.text(5, 3), Equals("Decades\n"
                                          "1000 |*\n"
                                          "     |  *\n"
                                          " 0.1 |    *\n"
                                          "     +-----\n"
                                          "      1  100\n"));
}

TEST_CASE("pictures of nothing, of one point, of wrong lengths") {
    CHECK_THAT(at::plot("Nothing").text(), Contains("Nothing"));
    CHECK_THAT(at::plot("One").points(numbers{3}, numbers{5}).text(5, 3), Contains("  *\n"));
    CHECK_THROWS_WITH(at::plot("Two").line(numbers{1, 2}, numbers{1}),
                      Equals("plot: expected y to have as many values as x (2), found 1"));
}

TEST_CASE("PNG by gnuplot") {
    const testing::temporary_directory directory;
    // names are no commands, and no format of gnuplot
    const auto path = directory.path() / "it's a \"plot\" `x`.png";
    at::plot picture("It's 100 %\n'quoted' _x_", "a\\b", "$y");
    picture.line(numbers{1, 2, 3}, numbers{1, std::numeric_limits<double>::infinity(), 3}, "don't")
        .points(numbers{1, 2}, numbers{2, 1});
    if (!picture.write_png(path, 300, 200)) {
        WARN("skipped: gnuplot is not installed");
        return;
    }
    CHECK(testing::png_size(path) == std::pair<unsigned, unsigned>{300, 200});
    CHECK(at::plot("Nothing").write_png(path));
    CHECK_THROWS_WITH(picture.write_png(directory.path() / "no" / "such.png"),
                      Contains("run_gnuplot") && Contains("such.png"));
    CHECK_THROWS_WITH(at::run_gnuplot("plot nothing at all\n"), Contains("expected a picture"));
    // without gnuplot
    const std::string path_before = std::getenv("PATH");
    setenv("PATH", directory.path().c_str(), 1);
    CHECK_FALSE(picture.write_png(path));
    setenv("PATH", path_before.c_str(), 1);
}
