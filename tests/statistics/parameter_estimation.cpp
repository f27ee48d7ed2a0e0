// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/moments.hpp>
#include <archetype/statistics/parameter_estimation.hpp>
#include <catch.hpp>
#include <cmath>
#include <xtensor/xview.hpp>
#include "compare.hpp"
#include "iris.hpp"
#include "iris_references.hpp"

namespace st = archetype::statistics;
using Catch::Contains;
using Catch::Equals;

namespace {

/// The highest point of a function of one variable with a single maximum, by ternary search.
template <class F>
double highest(F f, double low, double high) {
    for (int i = 0; i < 200; ++i) {
        const double a = low + (high - low) / 3, b = high - (high - low) / 3;
        (f(a) < f(b) ? low : high) = f(a) < f(b) ? a : b;
    }
    return (low + high) / 2;
}

const st::vector samples{1, 2, 4, 5};  // mean 3, squares around it 10

double log_normal(double x, double mean, double variance) {
    return -std::log(variance) / 2 - (x - mean) * (x - mean) / (2 * variance);
}

}  // namespace

TEST_CASE("Gaussian estimates are where likelihood and posterior are highest") {
    const auto ml = st::gaussian_ml(samples);
    CHECK(ml.mean == 3);
    CHECK(ml.variance == 2.5);
    const auto likelihood = [](double mean, double variance) {
        double sum = 0;
        for (double x : samples) sum += log_normal(x, mean, variance);
        return sum;
    };
    CHECK(highest([&](double v) { return likelihood(3, v); }, 0.1, 10) == Approx(ml.variance).epsilon(1e-6));

    // precisions 4 / 2 and 1 / 0.5: half way between 3 and 1
    const auto map = st::gaussian_mean_map(samples, 2, {1, 0.5});
    CHECK(map.mean == Approx(2));
    CHECK(map.variance == Approx(0.25));
    CHECK(highest([&](double m) { return likelihood(m, 2) + log_normal(m, 1, 0.5); }, -10, 10) ==
          Approx(map.mean).epsilon(1e-6));
    CHECK(st::gaussian_mean_map(samples, 2, {1, 1e12}).mean == Approx(ml.mean));

    CHECK(st::gaussian_variance_map(samples, 3, {2, 5}) == Approx((5 + 5) / (2 + 2 + 1.0)));
    CHECK(highest([&](double v) { return likelihood(3, v) - 3 * std::log(v) - 5 / v; }, 0.1, 10) ==
          Approx(st::gaussian_variance_map(samples, 3, {2, 5})).epsilon(1e-6));
}

TEST_CASE("Bernoulli estimates") {
    const xt::xtensor<bool, 1> outcomes{true, false, true, true, false};
    CHECK(st::bernoulli_ml(outcomes) == Approx(0.6));
    CHECK(st::bernoulli_map(outcomes, {1, 1}) == Approx(0.6));
    CHECK(st::bernoulli_map(outcomes, {3, 2}) == Approx((3 + 2) / (5 + 3.0)));
    CHECK(highest([](double p) { return (3 + 3 - 1) * std::log(p) + (2 + 4 - 1) * std::log(1 - p); }, 0.01,
                  0.99) == Approx(st::bernoulli_map(outcomes, {3, 4})).epsilon(1e-6));
    CHECK(st::bernoulli_ml(xt::xtensor<int, 1>{0, 0}) == 0);
}

TEST_CASE("least squares and ridge regression by hand") {
    const st::matrix x{{1, 0}, {1, 1}, {1, 2}};
    const st::vector y{1, 3, 4};
    // x^t x = {{3, 3}, {3, 5}}, x^t y = (8, 11)
    CHECK(largest_difference(st::linear_gaussian_ml(x, y), st::vector{7.0 / 6, 1.5}) < 1e-14);
    // with lambda 1: {{4, 3}, {3, 6}}, determinant 15
    CHECK(largest_difference(st::ridge_regression(x, y, 1), st::vector{15.0 / 15, 20.0 / 15}) < 1e-14);
    CHECK(largest_difference(st::ridge_regression(x, y, 0), st::linear_gaussian_ml(x, y)) == 0);
    CHECK(largest_difference(st::ridge_regression(x, y, 1e12), st::vector{0, 0}) < 1e-10);
    CHECK(largest_difference(st::ridge_regression(st::vector{1, 2}, st::vector{2, 4}, 5), st::vector{1}) <
          1e-14);
    // more weights than samples
    CHECK(largest_difference(st::ridge_regression(st::matrix{{1, 1}}, st::vector{3}, 1), st::vector{1, 1}) <
          1e-14);
}

TEST_CASE("MAP with a Gaussian prior is ridge regression with noise variance / weight variance") {
    const st::matrix x = normal_samples(40, 5, 11);
    const st::vector y = xt::view(normal_samples(40, 1, 12), xt::all(), 0);
    for (double noise : {0.1, 2.0})
        for (double weight : {0.01, 0.5, 30.0}) {
            const st::vector map = st::linear_gaussian_map(x, y, noise, weight);
            CHECK(largest_difference(map, st::ridge_regression(x, y, noise / weight)) < 1e-13);
            // the posterior's slope is 0 there
            for (std::size_t i = 0; i < 5; ++i) {
                double slope = -map(i) / weight;
                for (std::size_t s = 0; s < 40; ++s) {
                    double error = y(s);
                    for (std::size_t j = 0; j < 5; ++j) error -= x(s, j) * map(j);
                    slope += x(s, i) * error / noise;
                }
                CHECK(slope == Approx(0).margin(1e-11));
            }
        }
}

TEST_CASE("ridge regression on iris, by scikit-learn") {
    const auto iris = read_iris();
    if (!iris) {
        WARN("skipped: python3-sklearn with its iris.csv is not installed");
        return;
    }
    CHECK(largest_difference(st::ridge_regression(xt::view(iris->samples, xt::all(), xt::range(0, 3)),
                                                  xt::view(iris->samples, xt::all(), 3), 2.5),
                             iris_references::width_ridge) < 1e-12);
}

TEST_CASE("parameter estimates refuse wrong input") {
    const st::vector none = st::vector::from_shape({0});
    CHECK_THROWS_WITH(st::gaussian_ml(none), Contains("gaussian_ml: expected samples to have elements"));
    CHECK_THROWS_WITH(st::gaussian_ml(st::matrix{{1, 2}}),
                      Equals("gaussian_ml: expected samples to have rank 1, found rank 2"));
    CHECK_THROWS_WITH(st::gaussian_mean_map(samples, -1, {0, 1}),
                      Equals("gaussian_mean_map: expected variance to be positive and finite, found -1"));
    CHECK_THROWS_WITH(st::gaussian_mean_map(samples, 1, {0, 0}), Contains("prior.variance to be positive"));
    CHECK_THROWS_WITH(st::gaussian_variance_map(samples, 0, {0, 1}), Contains("prior.shape to be positive"));
    CHECK_THROWS_WITH(st::bernoulli_ml(st::vector{0, 0.5}),
                      Equals("bernoulli_ml: expected outcomes to be 0 or 1, found 0.5 at index 1"));
    CHECK_THROWS_WITH(st::bernoulli_map(st::vector{0, 1}, {0.5, 1}),
                      Equals("bernoulli_map: expected prior.a to be 1 or more, found 0.5"));
    CHECK_THROWS_WITH(st::bernoulli_map(st::vector{0, 1}, {1, 0.25}),
                      Equals("bernoulli_map: expected prior.b to be 1 or more, found 0.25"));
    const st::matrix dependent{{1, 2}, {2, 4}, {3, 6}};
    CHECK_THROWS_WITH(st::linear_gaussian_ml(dependent, st::vector{1, 2, 3}),
                      Contains("x^t x to be positive definite"));
    CHECK_NOTHROW(st::ridge_regression(dependent, st::vector{1, 2, 3}, 0.1));
    CHECK_THROWS_WITH(st::ridge_regression(dependent, st::vector{1, 2, 3}, -1),
                      Equals("ridge_regression: expected lambda to be 0 or more, found -1"));
    CHECK_THROWS_WITH(st::ridge_regression(dependent, st::vector{1, 2}, 1),
                      Equals("ridge_regression: expected y to have length 3, found 2"));
    CHECK_THROWS_WITH(st::linear_gaussian_map(dependent, st::vector{1, 2, 3}, 1, 0),
                      Contains("weight_variance to be positive and finite, found 0"));
}
