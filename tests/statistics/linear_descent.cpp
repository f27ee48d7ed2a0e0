// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/linear_descent.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include "compare.hpp"

namespace st = archetype::statistics;
using Catch::Equals;

namespace {
// R_x = diag(1, 1/4), R_yx = (1, 1): w = (1, 4), least error 6 - 1 - 4
const st::joint_moments problem{{0, 0}, {0}, {{1, 0}, {0, 0.25}}, {{1, 1}}, {{6}}};
}  // namespace

TEST_CASE("steepest descent by hand") {
    const auto found = st::steepest_descent(problem, 1, 20);
    CHECK(found.weights(0, 0) == Approx(1));
    CHECK(found.weights(0, 1) == Approx(4 * (1 - std::pow(0.75, 20))));
    REQUIRE(found.errors.size() == 21);
    CHECK(found.errors[0] == 6);
    for (int k = 1; k <= 20; ++k) CHECK(found.errors[k] == Approx(1 + 4 * std::pow(0.75, 2 * k)));
}

TEST_CASE("steepest descent goes to the closed form below the largest stable rate, and not above") {
    const double limit = st::largest_stable_rate(problem);
    CHECK(limit == Approx(2));
    const auto closed = st::linear_mmse(problem);
    const auto below = st::steepest_descent(problem, 0.99 * limit, 2000);
    CHECK(largest_difference(below.weights, closed.weights) < 1e-12);
    CHECK(below.errors.back() == Approx(closed.error));
    CHECK(st::steepest_descent(problem, 1.01 * limit, 2000).errors.back() > 1e6);
    // means are part of R
    const st::joint_moments shifted{{1, 2}, {3}, {{2, 1}, {1, 3}}, {{1, -1}}, {{4}}};
    const auto found = st::steepest_descent(shifted, 0.9 * st::largest_stable_rate(shifted), 2000);
    CHECK(largest_difference(found.weights, st::linear_mmse(shifted).weights) < 1e-12);
    CHECK(found.errors.back() == Approx(st::linear_mmse(shifted).error));
}

TEST_CASE("two steps of LMS by hand") {
    const auto found = st::least_mean_squares(st::matrix{{1, 2}, {3, -1}}, st::vector{5, 1},
                                              {.rate = 0.1, .shuffle = false});
    CHECK(largest_difference(found.weights, st::matrix{{0.65, 0.95}}) < 1e-15);
    REQUIRE(found.errors.size() == 2);
    CHECK(found.errors[0] == 25);
    CHECK(found.errors[1] == Approx(0.25));
}

TEST_CASE("LMS goes to the closed form") {
    const st::matrix x = normal_samples(2000, 2, 5) + 0.3, noise = normal_samples(2000, 1, 6);
    st::matrix exact = st::matrix::from_shape({2000, 1});
    for (std::size_t i = 0; i < 2000; ++i) exact(i, 0) = 2 * x(i, 0) - 3 * x(i, 1);
    const auto without_noise = st::least_mean_squares(x, exact, {.rate = 0.05, .epochs = 2});
    CHECK(largest_difference(without_noise.weights, st::matrix{{2, -3}}) < 1e-12);

    const st::matrix y = exact + 0.5 * noise;
    const auto closed = st::linear_mmse(x, y);
    const auto settled = st::least_mean_squares(x, y, {.rate = 0.1, .decay = 0.02, .epochs = 50});
    CHECK(largest_difference(settled.weights, closed.weights) < 0.005);
    // with a constant rate it keeps the noise: the error of 2 %, about rate * tr(R_x) / 2, is more than 0
    const auto moving = st::least_mean_squares(x, y, {.rate = 0.02, .epochs = 20});
    double sum = 0;
    for (std::size_t i = moving.errors.size() / 2; i < moving.errors.size(); ++i) sum += moving.errors[i];
    const double ratio = sum / static_cast<double>(moving.errors.size() / 2) / closed.error;
    CHECK(ratio > 1.01);
    CHECK(ratio < 1.04);
    // several outputs are as many problems
    st::matrix two = st::matrix::from_shape({2000, 2});
    for (std::size_t i = 0; i < 2000; ++i) {
        two(i, 0) = y(i, 0);
        two(i, 1) = exact(i, 0);
    }
    const auto both = st::least_mean_squares(x, two, {.rate = 0.05, .epochs = 2});
    CHECK(largest_difference(st::matrix{{both.weights(1, 0), both.weights(1, 1)}}, without_noise.weights) <
          1e-12);
}

TEST_CASE("orders of samples: every one once in an epoch, by seed") {
    // all of x is 0, so weights do not move and errors show the order
    const st::matrix x({6, 1}, 0.0);
    const st::vector y{0, 1, 2, 3, 4, 5};
    const auto first = st::least_mean_squares(x, y, {.epochs = 2, .seed = 1}).errors;
    CHECK(std::accumulate(first.begin(), first.begin() + 6, 0.0) == 55);
    CHECK(std::accumulate(first.begin() + 6, first.end(), 0.0) == 55);
    CHECK(first == st::least_mean_squares(x, y, {.epochs = 2, .seed = 1}).errors);
    CHECK(first != st::least_mean_squares(x, y, {.epochs = 2, .seed = 2}).errors);
    CHECK(st::least_mean_squares(x, y, {.shuffle = false}).errors == std::vector<double>{0, 1, 4, 9, 16, 25});
}

TEST_CASE("descent refuses wrong input") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const st::matrix x{{1}, {2}};
    CHECK_THROWS_WITH(st::steepest_descent(problem, 0, 1),
                      Equals("steepest_descent: expected rate to be positive and finite, found 0"));
    CHECK_THROWS_WITH(st::least_mean_squares(x, st::vector{1, 2}, {.rate = nan}),
                      Equals("least_mean_squares: expected rate to be positive and finite, found nan"));
    CHECK_THROWS_WITH(st::least_mean_squares(x, st::vector{1, 2}, {.decay = -1}),
                      Equals("least_mean_squares: expected decay to be 0 or more, found -1"));
    CHECK_THROWS_WITH(st::least_mean_squares(x, st::vector{1}),
                      Equals("least_mean_squares: expected y to have length 2, found 1"));
    CHECK_THROWS_WITH(st::least_mean_squares(x, st::vector{1, nan}),
                      Equals("least_mean_squares: expected y to be finite, found nan at [1][0]"));
    CHECK_THROWS_AS(st::largest_stable_rate({{0}, {0}, {{0}}, {{0}}, {{1}}}), std::invalid_argument);
}
