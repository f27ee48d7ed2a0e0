// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/pca.hpp>
#include <catch.hpp>
#include <cmath>
#include <xtensor/xview.hpp>
#include "compare.hpp"
#include "iris.hpp"
#include "iris_references.hpp"

namespace st = archetype::statistics;
using Catch::Equals;

TEST_CASE("components by hand") {
    // along (4, 3) with deviations of 10, 5, across it of 2
    const st::matrix samples{{1 + 8, 1 + 6}, {1 - 8, 1 - 6}, {1 - 1.2, 1 + 1.6}, {1 + 1.2, 1 - 1.6}};
    const st::pca found(samples);
    CHECK(largest_difference(found.mean(), st::vector{1, 1}) < 1e-15);
    CHECK(largest_difference(found.explained_variance(), st::vector{200.0 / 3, 8.0 / 3}) < 1e-13);
    CHECK(largest_difference(found.explained_variance_ratio(), st::vector{200.0 / 208, 8.0 / 208}) < 1e-15);
    CHECK(largest_difference(found.components(), st::matrix{{0.8, 0.6}, {-0.6, 0.8}}) < 1e-14);
    CHECK(largest_difference(found.transform(samples), st::matrix{{10, 0}, {-10, 0}, {0, 2}, {0, -2}}) <
          1e-13);
    CHECK(largest_difference(found.inverse(found.transform(samples)), samples) < 1e-13);
    const st::pca one(samples, 1);
    CHECK(one.size() == 1);
    CHECK(largest_difference(one.inverse(one.transform(samples)),
                             st::matrix{{9, 7}, {-7, -5}, {1, 1}, {1, 1}}) < 1e-13);
    CHECK(one.explained_variance_ratio()(0) == Approx(200.0 / 208));
}

TEST_CASE("components are orthonormal, uncorrelated, and leave the least error") {
    st::matrix samples = normal_samples(100, 6, 13);
    for (std::size_t i = 0; i < 100; ++i)
        for (std::size_t j = 1; j < 6; ++j)
            samples(i, j) = 0.8 * samples(i, j - 1) + samples(i, j) / static_cast<double>(j);
    const st::pca found(samples);
    const st::matrix& u = found.components();
    const st::matrix covariance = st::covariance(found.transform(samples), 1);
    double kept = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        for (std::size_t j = 0; j < 6; ++j) {
            double dot = 0;
            for (std::size_t k = 0; k < 6; ++k) dot += u(i, k) * u(j, k);
            CHECK(dot == Approx(i == j ? 1 : 0).margin(1e-13));
            CHECK(covariance(i, j) == Approx(i == j ? found.explained_variance()(i) : 0).margin(1e-13));
        }
        kept += found.explained_variance_ratio()(i);
        const st::pca some(samples, i + 1);
        const st::matrix again = some.inverse(some.transform(samples));
        double lost = 0, total = 0;
        const st::vector mean = st::mean(samples);
        for (std::size_t s = 0; s < 100; ++s)
            for (std::size_t j = 0; j < 6; ++j) {
                lost += (samples(s, j) - again(s, j)) * (samples(s, j) - again(s, j));
                total += (samples(s, j) - mean(j)) * (samples(s, j) - mean(j));
            }
        CHECK(lost / total == Approx(1 - kept).margin(1e-13));
    }
    CHECK(kept == Approx(1));
}

TEST_CASE("fewer samples than features, and features that depend on each other") {
    const st::pca found(st::matrix{{1, 2, 3}, {2, 4, 3}});
    CHECK(largest_difference(found.explained_variance(), st::vector{2.5, 0, 0}) < 1e-15);
    CHECK(st::pca(st::matrix{{1}, {3}}).explained_variance()(0) == Approx(2));
}

TEST_CASE("components of iris, by scikit-learn") {
    const auto iris = read_iris();
    if (!iris) {
        WARN("skipped: python3-sklearn with its iris.csv is not installed");
        return;
    }
    namespace r = iris_references;
    const st::pca found(iris->samples);
    CHECK(largest_difference(found.components(), r::pca_components) < 1e-12);
    CHECK(largest_difference(found.explained_variance(), r::pca_variance) < 1e-12);
    CHECK(largest_difference(found.explained_variance_ratio(), r::pca_ratio) < 1e-12);
    CHECK(largest_difference(found.transform(xt::view(iris->samples, xt::keep(0, 50, 149))),
                             r::pca_projected) < 1e-12);
}

TEST_CASE("pca refuses wrong input") {
    const st::matrix samples{{1, 2}, {3, 5}};
    CHECK_THROWS_WITH(st::pca(samples, 3), Equals("pca: expected components to be at most 2, found 3"));
    CHECK_THROWS_WITH(st::pca(st::matrix{{1, 2}}), Equals("pca: expected samples to be 2 or more, found 1"));
    CHECK_THROWS_WITH(st::pca(st::matrix{{1, 2}, {1, 2}}),
                      Equals("pca: expected samples to have a positive, finite variance, found 0"));
    CHECK_THROWS_WITH(st::pca(st::matrix{{1, 2}, {1, std::nan("")}}),
                      Equals("pca: expected samples to be finite, found nan at [1][1]"));
    CHECK_THROWS_WITH(st::pca(st::vector{1, 2}),
                      Equals("pca: expected samples to have rank 2, found rank 1"));
    const st::pca found(samples, 1);
    CHECK_THROWS_WITH(found.transform(st::matrix{{1}}),
                      Equals("pca: expected samples to have 2 columns, found 1"));
    CHECK_THROWS_WITH(found.inverse(samples), Equals("pca: expected transformed to have 1 columns, found 2"));
}
