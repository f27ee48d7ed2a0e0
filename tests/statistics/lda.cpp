// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/lda.hpp>
#include <catch.hpp>
#include <cmath>
#include <xtensor/xview.hpp>
#include "compare.hpp"
#include "iris.hpp"
#include "iris_references.hpp"

namespace st = archetype::statistics;
using Catch::Contains;
using Catch::Equals;
using labels = xt::xtensor<int, 1>;

namespace {
// crosses around (0, 0) and (6, 2)
const st::matrix samples{{-1, 0}, {1, 0}, {0, -2}, {0, 2}, {5, 2}, {7, 2}, {6, 0}, {6, 4}};
const labels classes{0, 0, 0, 0, 1, 1, 1, 1};
}  // namespace

TEST_CASE("scatter matrices and Fisher's direction by hand") {
    const auto s = st::scatter_matrices(samples, classes);
    CHECK(largest_difference(s.intra, st::matrix{{4, 0}, {0, 16}}) < 1e-14);
    // means (+-3, +-1) around (3, 1), four samples each
    CHECK(largest_difference(s.inter, st::matrix{{72, 24}, {24, 8}}) < 1e-14);
    CHECK(s.classes == 2);
    // S_intra^-1 (6, 2) = (3/2, 1/8), scaled to w^t S_intra w = 8 - 2
    const st::lda found(samples, classes);
    REQUIRE(found.size() == 1);
    const double scale = std::sqrt(6 / (4 * 1.5 * 1.5 + 16.0 / 64));
    CHECK(largest_difference(found.components(), st::matrix{{1.5 * scale, 0.125 * scale}}) < 1e-13);
    CHECK(found.separation()(0) == Approx(72 / 4.0 + 8 / 16.0));
    CHECK(found.explained_variance_ratio()(0) == Approx(1));
    CHECK(largest_difference(found.transform(st::matrix{{3, 1}}), st::matrix{{0}}) < 1e-14);
    // whatever the order of samples
    CHECK(largest_difference(
              st::lda(xt::view(samples, xt::keep(4, 0, 1, 5, 6, 2, 3, 7)), labels{1, 0, 0, 1, 1, 0, 0, 1})
                  .components(),
              found.components()) < 1e-13);
}

TEST_CASE("transformed classes have covariance 1 within, and the eigenvalue equation holds") {
    st::matrix x = normal_samples(120, 5, 14);
    labels y = labels::from_shape({120});
    for (std::size_t i = 0; i < 120; ++i) {
        y(i) = static_cast<int>(i % 4);
        x(i, 1) += 0.5 * x(i, 0) + y(i);
        x(i, 3) = 100 * x(i, 3) + (y(i) == 2 ? 150 : 0);
        x(i, 4) += y(i) == 3 ? 1 : 0;
    }
    const st::lda found(x, y);
    REQUIRE(found.size() == 3);
    const auto after = st::scatter_matrices(found.transform(x), y);
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) {
            CHECK(after.intra(i, j) / 116 == Approx(i == j ? 1 : 0).margin(1e-12));
            CHECK(after.inter(i, j) / 116 == Approx(i == j ? found.separation()(i) : 0).margin(1e-11));
        }
    const auto s = st::scatter_matrices(x, y);
    for (std::size_t k = 0; k < 3; ++k)
        for (std::size_t i = 0; i < 5; ++i) {
            double difference = 0, size = 0;
            for (std::size_t j = 0; j < 5; ++j) {
                difference +=
                    (s.inter(i, j) - found.separation()(k) * s.intra(i, j)) * found.components()(k, j);
                size += std::abs(s.inter(i, j) * found.components()(k, j));
            }
            CHECK(std::abs(difference) < 1e-11 * size);
        }
    CHECK(found.separation()(0) >= found.separation()(1));
    const st::lda two(x, y, 2);
    CHECK(two.size() == 2);
    CHECK(two.explained_variance_ratio()(1) == found.explained_variance_ratio()(1));
}

TEST_CASE("discriminants of iris, by scikit-learn") {
    const auto iris = read_iris();
    if (!iris) {
        WARN("skipped: python3-sklearn with its iris.csv is not installed");
        return;
    }
    namespace r = iris_references;
    const st::lda found(iris->samples, iris->labels);
    CHECK(largest_difference(found.components(), r::lda_components) < 1e-11);
    CHECK(largest_difference(found.explained_variance_ratio(), r::lda_ratio) < 1e-12);
    CHECK(largest_difference(found.transform(xt::view(iris->samples, xt::keep(0, 50, 149))),
                             r::lda_projected) < 1e-11);
}

TEST_CASE("lda refuses wrong input") {
    CHECK_THROWS_WITH(st::lda(samples, labels{0, 0, 0, 0, 1, 1, 1, -1}),
                      Equals("lda: expected labels to be 0 or more and below 8, found -1 at index 7"));
    CHECK_THROWS_WITH(st::lda(samples, labels{0, 0, 0, 0, 1, 1, 1, 9}), Contains("found 9 at index 7"));
    CHECK_THROWS_WITH(
        st::lda(samples, labels{0, 0, 0, 0, 2, 2, 2, 2}),
        Equals("lda: expected labels to name every class below the highest, found none of class 1"));
    CHECK_THROWS_WITH(st::lda(samples, labels{0, 0, 0, 0, 0, 0, 0, 0}),
                      Equals("lda: expected labels to name at least two classes, found only 0"));
    CHECK_THROWS_WITH(st::lda(samples, labels{0, 1}),
                      Equals("lda: expected labels to have length 8, found 2"));
    CHECK_THROWS_WITH(st::lda(samples, classes, 2),
                      Equals("lda: expected components to be at most 1, found 2"));
    // the second feature is constant in each class
    CHECK_THROWS_WITH(
        st::lda(st::matrix{{1, 1}, {2, 1}, {3, 2}, {4, 2}}, labels{0, 0, 1, 1}),
        Contains("lda: expected S_intra to be positive definite, found 0 on the diagonal at index 1"));
    // the second is twice the first
    CHECK_THROWS_WITH(st::lda(st::matrix{{1, 2}, {2, 4}, {4, 8}, {7, 14}}, labels{0, 0, 1, 1}),
                      Contains("S_intra to be positive definite"));
    CHECK_THROWS_WITH(st::lda(st::matrix{{1}, {2}, {1}, {2}}, labels{0, 0, 1, 1}),
                      Contains("classes whose means differ"));
}
