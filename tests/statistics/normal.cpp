// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/normal.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>

namespace st = archetype::statistics;

static_assert(st::normal_cdf(0) == 0.5);
static_assert(st::normal_quantile(0.5) == 0);

TEST_CASE("quantiles of the normal distribution") {
    // by scipy.stats.norm.ppf
    CHECK(st::normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-14));
    CHECK(st::normal_quantile(0.3) == Approx(-0.5244005127080409).epsilon(1e-14));
    CHECK(st::normal_quantile(1e-10) == Approx(-6.361340902404056).epsilon(1e-14));
    CHECK(st::normal_quantile(1e-300) == Approx(-37.0470962993612).epsilon(1e-13));
    CHECK(st::normal_quantile(0) == -std::numeric_limits<double>::infinity());
    CHECK(st::normal_quantile(1) == std::numeric_limits<double>::infinity());
    for (double p = 0.001; p < 1; p += 0.001)
        CHECK(std::erfc(-st::normal_quantile(p) / std::sqrt(2.0)) / 2 == Approx(p).epsilon(1e-14));
    for (double p = 1e-3; p > 1e-306; p /= 10)
        CHECK(std::erfc(-st::normal_quantile(p) / std::sqrt(2.0)) / 2 == Approx(p).epsilon(1e-11));
    CHECK(std::isfinite(st::normal_quantile(std::numeric_limits<double>::denorm_min())));
    CHECK_THROWS_WITH(st::normal_quantile(-0.1),
                      Catch::Equals("normal_quantile: expected p to be between 0 and 1, found -0.1"));
    CHECK_THROWS_AS(st::normal_quantile(std::nan("")), std::invalid_argument);
}
