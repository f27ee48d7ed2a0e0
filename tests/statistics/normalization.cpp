// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/normalization.hpp>
#include <catch.hpp>
#include <cmath>
#include "compare.hpp"

namespace st = archetype::statistics;
using Catch::Equals;

namespace {
const st::matrix training{{1, 10}, {3, 10}, {5, 40}, {7, 20}};
}

TEST_CASE("Gaussian normalization by hand") {
    const st::gaussian_normalization normal(training);
    CHECK(largest_difference(normal.mean(), st::vector{4, 20}) == 0);
    CHECK(largest_difference(normal.deviation(), st::vector{std::sqrt(5.0), std::sqrt(150.0)}) < 1e-14);
    const st::matrix z = normal.transform(training);
    CHECK(largest_difference(st::mean(z), st::vector{0, 0}) < 1e-15);
    const st::matrix k = st::covariance(z);
    CHECK(k(0, 0) == Approx(1));
    CHECK(k(1, 1) == Approx(1));
    // others by the training samples' scale
    CHECK(largest_difference(normal.transform(st::matrix{{4 + 2 * std::sqrt(5.0), 20}}), st::matrix{{2, 0}}) <
          1e-14);
    CHECK(largest_difference(normal.inverse(z), training) < 1e-13);
}

TEST_CASE("min-max normalization by hand") {
    const st::min_max_normalization unit(training);
    CHECK(largest_difference(unit.minimum(), st::vector{1, 10}) == 0);
    CHECK(largest_difference(unit.range(), st::vector{6, 30}) == 0);
    CHECK(largest_difference(unit.transform(training),
                             st::matrix{{0, 0}, {1.0 / 3, 0}, {2.0 / 3, 1}, {1, 1.0 / 3}}) < 1e-15);
    CHECK(largest_difference(unit.transform(st::matrix{{-5, 70}}), st::matrix{{-1, 2}}) < 1e-15);
    CHECK(largest_difference(unit.inverse(unit.transform(training)), training) < 1e-14);
}

TEST_CASE("constant features are shifted to 0 and never divided by 0") {
    // 0.1 added three times and divided by 3 is not 0.1
    const st::matrix constant{{0.1, 1}, {0.1, 2}, {0.1, 3}};
    const st::gaussian_normalization normal(constant);
    const st::min_max_normalization unit(constant);
    CHECK(normal.deviation()(0) == 1);
    CHECK(unit.range()(0) == 1);
    for (const st::matrix& z : {normal.transform(constant), unit.transform(constant)})
        for (std::size_t i = 0; i < 3; ++i) CHECK(z(i, 0) == 0);
    CHECK(normal.transform(st::matrix{{1.1, 2}})(0, 0) == Approx(1));
    CHECK(largest_difference(normal.inverse(normal.transform(constant)), constant) < 1e-15);
    // one sample
    CHECK(st::gaussian_normalization(st::vector{3}).transform(st::vector{3, 5})(1, 0) == 2);
}

TEST_CASE("normalization refuses wrong samples") {
    const st::gaussian_normalization normal(training);
    CHECK_THROWS_WITH(normal.transform(st::matrix{{1, 2, 3}}),
                      Equals("gaussian_normalization: expected samples to have 2 columns, found 3"));
    CHECK_THROWS_WITH(st::min_max_normalization(training).inverse(st::matrix{{std::nan(""), 2}}),
                      Equals("min_max_normalization: expected samples to be finite, found nan at [0][0]"));
    const st::matrix none = st::matrix::from_shape({0, 2});
    CHECK_THROWS_WITH(
        st::min_max_normalization(none),
        Equals("min_max_normalization: expected training_samples to have elements, found [0][2]"));
}
