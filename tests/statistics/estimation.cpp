// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/estimation.hpp>
#include <catch.hpp>
#include <limits>
#include <xtensor/xview.hpp>
#include "compare.hpp"
#include "iris.hpp"
#include "iris_references.hpp"

namespace st = archetype::statistics;
using Catch::Contains;
using Catch::Equals;

TEST_CASE("affine and linear estimators from moments by hand") {
    // K_x^-1 = {{2, -1}, {-1, 2}} / 3
    const st::joint_moments m{{1, -1}, {5}, {{2, 1}, {1, 2}}, {{1, 0}}, {{2}}};
    const auto affine = st::affine_mmse(m);
    CHECK(largest_difference(affine.weights, st::matrix{{2.0 / 3, -1.0 / 3}}) < 1e-14);
    CHECK(affine.offset(0) == Approx(5 - 2.0 / 3 - 1.0 / 3));
    CHECK(affine.error == Approx(2 - 2.0 / 3));
    // R_x = {{3, 0}, {0, 3}}, R_yx = (6, -5), R_y = 27
    const auto linear = st::linear_mmse(m);
    CHECK(largest_difference(linear.weights, st::matrix{{2, -5.0 / 3}}) < 1e-14);
    CHECK(linear.offset(0) == 0);
    CHECK(linear.error == Approx(27 - 12 - 25.0 / 3));
    CHECK(largest_difference(affine(st::matrix{{1, -1}, {4, -1}}), st::matrix{{5}, {7}}) < 1e-14);
}

TEST_CASE("one input and one output") {
    const st::joint_moments m{{1}, {3}, {{1}}, {{1}}, {{2}}};
    const auto affine = st::affine_mmse(m), linear = st::linear_mmse(m);
    CHECK(affine.weights(0, 0) == Approx(1));
    CHECK(affine.offset(0) == Approx(2));
    CHECK(affine.error == Approx(1));
    CHECK(linear.weights(0, 0) == Approx(2));
    CHECK(linear.error == Approx(3));
    CHECK(largest_difference(affine(st::vector{0, 1}), st::matrix{{2}, {3}}) < 1e-14);
}

TEST_CASE("the error is the mean square error on the samples, and no other estimator has less") {
    const st::matrix x = normal_samples(200, 3, 1) + 0.5, noise = normal_samples(200, 2, 2);
    st::matrix y = st::matrix::from_shape({200, 2});
    for (std::size_t i = 0; i < 200; ++i) {
        y(i, 0) = 1 + x(i, 0) - 2 * x(i, 1) + 0.3 * noise(i, 0);
        y(i, 1) = 3 * x(i, 2) + x(i, 0) * x(i, 1) + 0.1 * noise(i, 1);
    }
    const auto error = [&](const st::linear_estimator& f) {
        const st::matrix estimates = f(x);
        double sum = 0;
        for (std::size_t i = 0; i < y.size(); ++i)
            sum += (y.flat(i) - estimates.flat(i)) * (y.flat(i) - estimates.flat(i));
        return sum / 200;
    };
    const auto affine = st::affine_mmse(x, y), linear = st::linear_mmse(x, y);
    CHECK(affine.error == Approx(error(affine)).epsilon(1e-12));
    CHECK(linear.error == Approx(error(linear)).epsilon(1e-12));
    CHECK(affine.error < linear.error);
    for (std::size_t i = 0; i < affine.weights.size(); ++i)
        for (double change : {-0.01, 0.01}) {
            auto other = affine;
            other.weights.flat(i) += change;
            CHECK(error(other) > affine.error);
            other = linear;
            other.weights.flat(i) += change;
            CHECK(error(other) > linear.error);
        }
    // an affine estimator is a linear one with an input that is 1
    const auto augmented = st::linear_mmse(st::with_constant(x), y);
    CHECK(largest_difference(st::matrix(xt::view(augmented.weights, xt::all(), xt::range(0, 3))),
                             affine.weights) < 1e-12);
    CHECK(largest_difference(st::vector(xt::view(augmented.weights, xt::all(), 3)), affine.offset) < 1e-12);
    CHECK(augmented.error == Approx(affine.error));
}

TEST_CASE("the estimator of a simulated pair goes to the closed form") {
    // y = x + noise of variance 1/4, x of variance 1: F = 1, b = 0, error 1/4; x from y: F = 4/5, error 1/5
    const st::matrix x = normal_samples(50000, 1, 3), noise = normal_samples(50000, 1, 4);
    const st::matrix y = x + 0.5 * noise;
    CHECK(st::affine_mmse(x, y).error == Approx(0.25).epsilon(0.02));
    const auto back = st::affine_mmse(y, x);
    CHECK(back.weights(0, 0) == Approx(0.8).epsilon(0.02));
    CHECK(back.error == Approx(0.2).epsilon(0.02));
}

TEST_CASE("features in very different units") {
    const st::joint_moments m{{0, 0}, {0}, {{1e-18, 0}, {0, 1e18}}, {{1e-9, 1e9}}, {{3}}};
    const auto f = st::affine_mmse(m);
    CHECK(f.weights(0, 0) == Approx(1e9));
    CHECK(f.weights(0, 1) == Approx(1e-9));
    CHECK(f.error == Approx(1));
}

TEST_CASE("petal width of iris from the other three features, by scikit-learn") {
    const auto iris = read_iris();
    if (!iris) {
        WARN("skipped: python3-sklearn with its iris.csv is not installed");
        return;
    }
    namespace r = iris_references;
    const auto f = st::affine_mmse(xt::view(iris->samples, xt::all(), xt::range(0, 3)),
                                   xt::view(iris->samples, xt::all(), 3));
    CHECK(largest_difference(st::vector(xt::view(f.weights, 0)), r::width_weights) < 1e-12);
    CHECK(f.offset(0) == Approx(r::width_offset).epsilon(1e-12));
    CHECK(f.error == Approx(r::width_error).epsilon(1e-12));
}

TEST_CASE("estimators refuse singular and impossible moments") {
    const st::matrix dependent{{1, 2}, {2, 4}, {4, 8}, {7, 14}};
    CHECK_THROWS_WITH(
        st::affine_mmse(dependent, st::vector{1, 2, 3, 4}),
        Contains("affine_mmse: expected covariance_x to be positive definite") && Contains("found"));
    CHECK_THROWS_WITH(st::affine_mmse(st::matrix{{1, 5}, {2, 5}, {4, 5}}, st::vector{1, 2, 3}),
                      Equals("affine_mmse: expected covariance_x to be positive definite, found 0 on the "
                             "diagonal at index 1"));
    CHECK_THROWS_WITH(st::affine_mmse({{0, 0}, {0}, {{1, 2}, {2, 1}}, {{1, 0}}, {{2}}}),
                      Contains("positive definite") && Contains("found -1 as smallest eigenvalue"));
    CHECK_THROWS_WITH(st::affine_mmse({{0, 0}, {0}, {{1, 0.5}, {0.2, 1}}, {{1, 0}}, {{2}}}),
                      Contains("covariance_x to be symmetric, found 0.2 and 0.5 at [1][0]"));
    CHECK_THROWS_WITH(st::affine_mmse({{0}, {0}, {{1}}, {{2}}, {{1}}}),
                      Contains("whose error is 0 or more, found -3"));
    CHECK_THROWS_WITH(st::linear_mmse({{0}, {0}, {{1}}, {{2, 1}}, {{1}}}),
                      Equals("linear_mmse: expected covariance_yx to have shape [1][1], found [1][2]"));
    const auto f = st::affine_mmse({{0}, {0}, {{1}}, {{1}}, {{1}}});
    CHECK(f.error == 0);
    CHECK_THROWS_WITH(f(st::matrix{{1, 2}}),
                      Equals("linear_estimator: expected x to have 1 columns, found 2"));
}
