// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/conditioning.hpp>
#include <array>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include "compare.hpp"

namespace st = archetype::statistics;
using Catch::Contains;
using Catch::Equals;

namespace {

constexpr auto ill = [](const std::array<double, 2>& w) {
    return (w[0] - 2) * (w[0] - 2) + 9 * (w[1] - 3) * (w[1] - 3);
};
constexpr auto mixed = [](const std::array<double, 3>& w) {
    return 2 * w[0] * w[0] + w[0] * w[1] - 4 * w[1] * w[2] + 5 * w[2] * w[2] + 7 * w[1] - 1;
};
static_assert(st::hessian<2>(ill) == std::array<std::array<double, 2>, 2>{{{2, 0}, {0, 18}}});
static_assert(st::hessian<3>(mixed) ==
              std::array<std::array<double, 3>, 3>{{{4, 1, 0}, {1, 0, -4}, {0, -4, 10}}});

double distance(const st::matrix& path, std::size_t step, const st::vector& to) {
    double sum = 0;
    for (std::size_t i = 0; i < to.size(); ++i) sum += (path(step, i) - to(i)) * (path(step, i) - to(i));
    return std::sqrt(sum);
}

}  // namespace

TEST_CASE("condition numbers by hand") {
    CHECK(st::condition_number(st::hessian_matrix<2>(ill)) == Approx(9));
    CHECK(st::condition_number(st::matrix{{1, 0}, {0, 1}}) == Approx(1));
    CHECK(st::condition_number(st::matrix{{2, 1}, {1, 2}}) == Approx(3));
    CHECK(st::condition_number(st::matrix{{0, 1}, {-5, 0}}) == Approx(5));
    CHECK(st::condition_number(st::matrix{{3, 0}, {0, -1}}) == Approx(3));
    CHECK(st::condition_number(st::matrix{{1, 2}, {2, 4}}) == std::numeric_limits<double>::infinity());
    CHECK(st::condition_number(st::matrix{{0, 0}, {0, 0}}) == std::numeric_limits<double>::infinity());
    CHECK(st::condition_number(st::matrix{{3, 0, 0}, {0, 2, 0}}) == Approx(1.5));
    CHECK(st::condition_number(st::matrix{{7}}) == Approx(1));
}

TEST_CASE("a quadratic, its slope and its best rates") {
    const st::quadratic f(st::hessian_matrix<2>(ill), st::vector{2, 3});
    for (const auto& w : {std::array<double, 2>{0, 0}, {2, 3}, {-1, 5}})
        CHECK(f(st::vector{w[0], w[1]}) == Approx(ill(w)));
    CHECK(largest_difference(f.gradient(st::vector{0, 0}), st::vector{-4, -54}) < 1e-13);
    CHECK(f.condition_number() == Approx(9));
    CHECK(f.best_rate() == Approx(0.1));
    CHECK(f.best_momentum() == Approx(0.25));
    CHECK(f.best_momentum_rate() == Approx(4 / 32.0));
    const st::quadratic turned(st::matrix{{5, 4}, {4, 5}}, st::vector{1, -1});
    CHECK(turned.smallest_eigenvalue() == Approx(1));
    CHECK(turned.largest_eigenvalue() == Approx(9));
    CHECK(turned(st::vector{2, 0}) == Approx((5 + 4 + 4 + 5) / 2.0));
}

TEST_CASE("kappa = 9: plain descent shrinks by 4/5 in a step, with momentum by 1/2") {
    const st::quadratic f(st::hessian_matrix<2>(ill), st::vector{2, 3});
    const st::vector start{0, 0};
    const auto plain = st::gradient_descent(f, start, f.best_rate(), 60);
    for (std::size_t step : {1u, 10u, 60u})
        CHECK(distance(plain, step, f.minimum()) == Approx(std::sqrt(13.0) * std::pow(0.8, step)));
    const auto momentum = st::gradient_descent(f, start, f.best_momentum_rate(), 60, f.best_momentum());
    // double roots 1/2 and -1/2, with first steps to 3/4 and -5/4 of the distance
    for (std::size_t k = 0; k <= 30; ++k) {
        const double n = static_cast<double>(k);
        CHECK(momentum(k, 0) == Approx(2 - 2 * (1 + 0.5 * n) * std::pow(0.5, n)).epsilon(1e-12));
        CHECK(momentum(k, 1) == Approx(3 - 3 * (1 + 1.5 * n) * std::pow(-0.5, n)).margin(1e-12));
    }
    CHECK(distance(momentum, 30, f.minimum()) < 1e-3 * distance(plain, 30, f.minimum()));
    // two steps by hand: slope (-4, -54), then v <- v / 2 - slope / 20 with slope (-3.6, -5.4)
    const auto two = st::gradient_descent(f, start, 0.05, 2, 0.5);
    CHECK(largest_difference(two, st::matrix{{0, 0}, {0.2, 2.7}, {0.2 + 0.1 + 0.18, 2.7 + 1.35 + 0.27}}) <
          1e-14);
    // a well-conditioned one is there in one step
    const st::quadratic round(st::matrix{{2, 0}, {0, 2}}, st::vector{2, 3});
    CHECK(distance(st::gradient_descent(round, start, round.best_rate(), 1), 1, round.minimum()) < 1e-15);
    // the edge of stability, 2 / L
    CHECK(distance(st::gradient_descent(f, start, 0.99 * 2 / 18, 500), 500, f.minimum()) < 0.01);
    CHECK(distance(st::gradient_descent(f, start, 1.01 * 2 / 18, 500), 500, f.minimum()) > 1e3);
}

TEST_CASE("conditioning refuses wrong input") {
    CHECK_THROWS_WITH(st::quadratic(st::matrix{{1, 2}, {2, 1}}, st::vector{0, 0}),
                      Contains("quadratic: expected hessian to be positive definite"));
    CHECK_THROWS_WITH(st::quadratic(st::matrix{{1, 2}, {3, 9}}, st::vector{0, 0}),
                      Contains("hessian to be symmetric, found 3 and 2 at [1][0]"));
    CHECK_THROWS_WITH(st::quadratic(st::matrix{{1, 2}}, st::vector{0, 0}),
                      Equals("quadratic: expected hessian to be square, found [1][2]"));
    CHECK_THROWS_WITH(st::quadratic(st::matrix{{1}}, st::vector{0, 0}),
                      Equals("quadratic: expected minimum to have length 1, found 2"));
    // cubic, quartic, periodic, not smooth, not a number
    CHECK_THROWS_WITH(
        st::hessian<1>([](const auto& w) { return w[0] * w[0] * w[0]; }),
        Equals("hessian: expected f to be quadratic, with -1.5 at the point tried, found -3.375"));
    CHECK_THROWS_AS(st::hessian<1>([](const auto& w) { return std::pow(w[0], 4); }), std::invalid_argument);
    CHECK_THROWS_AS(st::hessian<2>([](const auto& w) { return std::cos(6.283185307179586 * w[1]); }),
                    std::invalid_argument);
    CHECK_THROWS_AS(st::hessian<2>([](const auto& w) { return std::abs(w[0]) + w[1]; }),
                    std::invalid_argument);
    CHECK_THROWS_AS(st::hessian<1>([](const auto& w) { return std::log(w[0]); }), std::invalid_argument);
    const st::quadratic f(st::matrix{{1}}, st::vector{0});
    CHECK_THROWS_WITH(st::gradient_descent(f, st::vector{0, 1}, 1, 1),
                      Equals("gradient_descent: expected start to have length 1, found 2"));
    CHECK_THROWS_WITH(st::gradient_descent(f, st::vector{0}, -1, 1),
                      Equals("gradient_descent: expected rate to be positive and finite, found -1"));
    CHECK_THROWS_WITH(st::gradient_descent(f, st::vector{0}, 1, 1, 1),
                      Equals("gradient_descent: expected momentum to be 0 or more and below 1, found 1"));
    CHECK_THROWS_WITH(f(st::vector{1, 2}), Equals("quadratic: expected w to have length 1, found 2"));
    CHECK_THROWS_WITH(st::condition_number(st::matrix{{std::nan("")}}),
                      Equals("condition_number: expected a to be finite, found nan at [0][0]"));
}
