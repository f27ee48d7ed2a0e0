// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/moments.hpp>
#include <catch.hpp>
#include <limits>
#include <xtensor/xview.hpp>
#include "compare.hpp"

namespace st = archetype::statistics;
using Catch::Equals;

namespace {
const st::matrix samples{{1, 2}, {3, 2}, {5, 8}};
}

TEST_CASE("mean and covariance by hand") {
    CHECK(largest_difference(st::mean(samples), st::vector{3, 4}) == 0);
    // deviations (-2, -2), (0, -2), (2, 4)
    CHECK(largest_difference(st::covariance(samples), st::matrix{{8.0 / 3, 4}, {4, 8}}) < 1e-15);
    CHECK(largest_difference(st::covariance(samples, 1), st::matrix{{4, 6}, {6, 12}}) < 1e-15);
    CHECK(largest_difference(st::covariance(st::vector{1, 3, 5}), st::matrix{{8.0 / 3}}) < 1e-15);
    CHECK(largest_difference(st::mean(xt::xtensor<float, 1>{1, 2}), st::vector{1.5}) == 0);
    // one sample, expressions, views
    CHECK(largest_difference(st::covariance(st::matrix{{4, 5}}), st::matrix{{0, 0}, {0, 0}}) == 0);
    CHECK(largest_difference(st::mean(2 * xt::view(samples, xt::range(1, 3))), st::vector{8, 10}) == 0);
}

TEST_CASE("moments of pairs by hand") {
    const auto m = st::moments(samples, st::vector{1, 2, 6});
    CHECK(largest_difference(m.mean_y, st::vector{3}) == 0);
    CHECK(largest_difference(m.covariance_yx, st::matrix{{10.0 / 3, 6}}) < 1e-15);  // y deviates by -2, -1, 3
    CHECK(largest_difference(m.covariance_y, st::matrix{{14.0 / 3}}) < 1e-15);
    CHECK(largest_difference(m.covariance_x, st::covariance(samples)) == 0);
}

TEST_CASE("a column of ones") {
    CHECK(largest_difference(st::with_constant(samples), st::matrix{{1, 2, 1}, {3, 2, 1}, {5, 8, 1}}) == 0);
}

TEST_CASE("moments refuse wrong samples") {
    const st::matrix none = st::matrix::from_shape({0, 2});
    CHECK_THROWS_WITH(st::mean(none), Equals("mean: expected samples to have elements, found [0][2]"));
    CHECK_THROWS_WITH(st::covariance(st::matrix{{1, 2}}, 1),
                      Equals("covariance: expected samples to be more than 1, found 1"));
    CHECK_THROWS_WITH(st::mean(st::matrix{{1, 2}, {3, std::numeric_limits<double>::quiet_NaN()}}),
                      Equals("mean: expected samples to be finite, found nan at [1][1]"));
    CHECK_THROWS_WITH(st::moments(samples, st::vector{1, 2}),
                      Equals("moments: expected y to have length 3, found 2"));
    CHECK_THROWS_WITH((st::mean(xt::xtensor<double, 3>({1, 1, 1}))),
                      Equals("mean: expected samples to have rank 1 or 2, found rank 3"));
}
