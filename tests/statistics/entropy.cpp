// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/entropy.hpp>
#include <array>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <vector>
#include <xtensor/xtensor.hpp>

namespace st = archetype::statistics;
using Catch::Equals;
using st::information_unit;

namespace {

constexpr bool near(double a, double b, double tolerance) { return a - b < tolerance && b - a < tolerance; }

constexpr std::array<double, 6> fair{1.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6};
constexpr std::array<double, 6> loaded{0.4, 0.1, 0.01, 0.09, 0.25, 0.15};

// log2(6), and the sum by hand to ten digits
static_assert(near(st::entropy(fair), 2.584962500721156, 1e-15));
static_assert(near(st::entropy(loaded), 2.1506, 5e-5));
static_assert(near(st::entropy(fair, information_unit::nats), 1.791759469228055, 1e-15));
static_assert(st::entropy({0.5, 0.5}) == 1);
static_assert(st::entropy({1.0, 0.0}) == 0);
static_assert(near(st::cross_entropy(loaded, fair), 2.584962500721156, 1e-15));
static_assert(near(st::kullback_leibler_divergence(loaded, fair),
                   st::cross_entropy(loaded, fair) - st::entropy(loaded), 1e-14));
static_assert(near(st::kullback_leibler_divergence(fair, loaded),
                   st::cross_entropy(fair, loaded) - st::entropy(fair), 1e-14));
static_assert(st::kullback_leibler_divergence(loaded, loaded) == 0);
static_assert(st::binary_cross_entropy(0.5, 0.5) == 1);
static_assert(near(st::binary_cross_entropy(0.25, 0.25), 0.8112781244591328, 1e-15));

}  // namespace

TEST_CASE("entropy against the standard library's logarithm") {
    double bits = 0, nats = 0;
    for (double p : loaded) {
        bits -= p * std::log2(p);
        nats -= p * std::log(p);
    }
    CHECK(st::entropy(loaded) == Approx(bits).epsilon(1e-14));
    CHECK(st::entropy(std::vector<double>(loaded.begin(), loaded.end()), information_unit::nats) ==
          Approx(nats).epsilon(1e-14));
    CHECK(st::entropy(xt::xtensor<double, 1>{0.25, 0.75}) == Approx(0.8112781244591328).epsilon(1e-14));
    CHECK(st::entropy({0.3f, 0.1f, 0.6f}) ==
          Approx(1.295461844).epsilon(1e-6));  // float sums are near 1 only
}

TEST_CASE("zeros: nothing where p is 0, infinite where only q is") {
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(st::cross_entropy({0.0, 1.0}, {0.5, 0.5}) == 1);
    CHECK(st::cross_entropy({0.5, 0.5}, {0.0, 1.0}) == infinity);
    CHECK(st::kullback_leibler_divergence({0.5, 0.5}, {0.0, 1.0}) == infinity);
    CHECK(st::kullback_leibler_divergence({0.0, 1.0}, {0.0, 1.0}) == 0);
    CHECK(st::binary_cross_entropy(0, 0) == 0);
    CHECK(st::binary_cross_entropy(1, 1) == 0);
    CHECK(st::binary_cross_entropy(1, 0) == infinity);
    CHECK(st::binary_cross_entropy(0.5, 1) == infinity);
    CHECK(st::binary_cross_entropy(0.2, 0.3) ==
          Approx(-(0.2 * std::log2(0.3) + 0.8 * std::log2(0.7))).epsilon(1e-14));
    CHECK(st::binary_cross_entropy(0.2, 0.3, information_unit::nats) ==
          Approx(-(0.2 * std::log(0.3) + 0.8 * std::log(0.7))).epsilon(1e-14));
    // log(1 - q) of a q far below the resolution of 1 - q
    CHECK(st::binary_cross_entropy(0, 1e-20, information_unit::nats) == Approx(1e-20).epsilon(1e-12));
}

TEST_CASE("entropy refuses what is no distribution") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(st::entropy({0.5, 0.4}), Equals("entropy: expected p to sum to 1, found 0.9"));
    CHECK_THROWS_WITH(
        st::entropy({0.5, 0.7, -0.2}),
        Equals("entropy: expected p to hold finite numbers of 0 or more, found -0.2 at index 2"));
    CHECK_THROWS_AS(st::entropy({0.5, nan}), std::invalid_argument);
    CHECK_THROWS_WITH(st::entropy(std::vector<double>{}),
                      Equals("entropy: expected p to have at least one element, found none"));
    CHECK_THROWS_WITH(st::cross_entropy({0.5, 0.5}, {0.5, 0.25, 0.25}),
                      Equals("cross_entropy: expected q to have length 2, found 3"));
    CHECK_THROWS_WITH(st::kullback_leibler_divergence({0.5, 0.5}, {0.5, 0.6}),
                      Equals("kullback_leibler_divergence: expected q to sum to 1, found 1.1"));
    CHECK_THROWS_WITH(st::binary_cross_entropy(1.5, 0.5),
                      Equals("binary_cross_entropy: expected p to be between 0 and 1, found 1.5"));
    CHECK_THROWS_WITH(st::binary_cross_entropy(0.5, nan),
                      Equals("binary_cross_entropy: expected q to be between 0 and 1, found nan"));
}
