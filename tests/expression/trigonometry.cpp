// SPDX-License-Identifier: BSL-1.0
// Sine, cosine, arc tangent, error function, whole numbers and powers against libm in wider precision; their derivatives.
#include <math.h>
#include <archetype/expression.hpp>
#include <expression/ulps.hpp>

namespace expression = archetype::expression;
namespace elementary = archetype::expression::elementary;
namespace kernels = archetype::kernels;
using tests::fused;

namespace {

/// libm's own: with `-ffast-math` g++ takes instructions of x87 instead, which know too few digits of pi.
double (*volatile sin_of_double)(double) = ::sin;
double (*volatile cos_of_double)(double) = ::cos;
long double (*volatile sin_of_long_double)(long double) = ::sinl;
long double (*volatile cos_of_long_double)(long double) = ::cosl;
template <class Wide>
Wide libm_sin(Wide x) {
    if constexpr (sizeof(Wide) == 8)
        return sin_of_double(x);
    else
        return sin_of_long_double(x);
}
template <class Wide>
Wide libm_cos(Wide x) {
    if constexpr (sizeof(Wide) == 8)
        return cos_of_double(x);
    else
        return cos_of_long_double(x);
}

/// sin and cos within reach of their reduction, and NaN beyond it.
template <class S, class Wide>
void check_waves(double farthest) {
    const auto near = [=](S x) { return tests::is_finite(x) && std::fabs(x) <= farthest; };
    const double bound = fused ? 1.5 : 2;
    tests::check_ulps<S, Wide>(
        "sin", [](auto v) { return elementary::sin(v); }, [](Wide x) { return libm_sin<Wide>(x); }, bound,
        near);
    tests::check_ulps<S, Wide>(
        "cos", [](auto v) { return elementary::cos(v); }, [](Wide x) { return libm_cos<Wide>(x); }, bound,
        near);
    double worst = 0;  // next to multiples of pi / 2, where the result is close to 0
    for (long k = 1; k < 8000; ++k) {
        const S x = tests::unknown(S(1.5707963267948966192L * k));
        worst = std::max({worst, tests::ulps<S, Wide>(elementary::sin(x), libm_sin<Wide>(Wide(x))),
                          tests::ulps<S, Wide>(elementary::cos(x), libm_cos<Wide>(Wide(x)))});
    }
    INFO("next to multiples of a quarter turn");
    CHECK(worst <= bound);
    const S beyond = elementary::sin(tests::unknown(S(farthest * 1.01))),
            inf = tests::unknown(expression::infinity<S>);
    CHECK(tests::is_nan(beyond));
    const S of_infinity = elementary::cos(inf);
    CHECK(tests::is_nan(of_infinity));
}

template <class S, class Wide>
void check_whole() {
    for (const double x : {-1e300, -1e30, -8388609., -3.5, -2.5, -2.4999, -1., -0.5, -0.25, 0., 0.25, 0.5,
                           0.75, 1.5, 2.5, 4503599627370495.5, 8388607.5, 1e30}) {
        if (!(std::fabs(x) < double(std::numeric_limits<S>::max()))) continue;
        INFO(x);
        const S of = tests::unknown(S(x));
        CHECK(elementary::round(of) == S(std::rint(Wide(of))));
        CHECK(elementary::floor(of) == S(std::floor(Wide(of))));
        CHECK(tests::element<S>(elementary::round(kernels::broadcast(of))) == S(std::rint(Wide(of))));
        CHECK(tests::element<S>(elementary::floor(kernels::broadcast(of))) == S(std::floor(Wide(of))));
    }
    const S zero = elementary::round(tests::unknown(S(-0.25)));
    CHECK(tests::is_negative(zero));
}

template <class S, class Wide>
void check_powers() {
    std::mt19937_64 random(3);
    double worst = 0;
    const auto uniform = [&] { return double(random() >> 11) * 0x1p-53; };
    for (int i = 0; i < 20000; ++i) {
        const S a = tests::unknown(S(std::ldexp(1 + uniform(), int(random() % 20) - 10))),
                b = tests::unknown(S(8 * uniform() - 4));
        const Wide exact = std::pow(Wide(a), Wide(b));
        const double allowed = 2 + 1.5 * std::fabs(double(b) * std::log(double(a)));
        worst = std::max(worst, tests::ulps<S, Wide>(elementary::pow(a, b), exact) / allowed);
        const S lane = tests::element<S>(elementary::pow(kernels::broadcast(a), kernels::broadcast(b)));
        worst = std::max(worst, tests::ulps<S, Wide>(lane, exact) / allowed);
    }
    CHECK(worst <= 1);
    const S nan = tests::unknown(expression::not_a_number<S>), half = tests::unknown(S(0.5));
    CHECK(elementary::pow(S(-2), S(3)) == Approx(-8).epsilon(1e-6));
    CHECK(elementary::pow(S(-2), S(4)) == Approx(16).epsilon(1e-6));
    const S of_negative = elementary::pow(S(-2), half);
    CHECK(tests::is_nan(of_negative));
    CHECK(elementary::pow(S(0), S(2)) == 0);
    CHECK(elementary::pow(S(0), S(0)) == 1);
    CHECK(elementary::pow(nan, S(0)) == 1);
    CHECK(elementary::pow(S(1), nan) == 1);
    const S lost = elementary::pow(nan, S(2)), kept = elementary::pow(S(2), nan);
    CHECK(tests::is_nan(lost));
    CHECK(tests::is_nan(kept));
}

template <class E>
void check_slope(const char* name, const E& e) {
    for (const double x : {-2.7, -0.6, 0.3, 0.8, 1.9, 4.2}) {
        INFO(name << " at " << x);
        const double h = 1e-4 * std::max(0.1, std::fabs(x));
        const auto at = [&](double v) { return expression::evaluate(e, v); };
        const double slope = (8 * (at(x + h) - at(x - h)) - (at(x + 2 * h) - at(x - 2 * h))) / (12 * h);
        CHECK(expression::gradient(e, x, 1.5) == Approx(1.5 * slope).epsilon(1e-6).margin(1e-9));
        const auto lanes = expression::gradient(e, kernels::broadcast(x), kernels::broadcast(1.5));
        CHECK(tests::element<double>(lanes) ==
              Approx(expression::gradient(e, x, 1.5)).epsilon(1e-12).margin(1e-15));
    }
}

}  // namespace

TEST_CASE("errors of sin, cos, atan and erf stay below their bounds") {
    using namespace std;
    check_waves<float, double>(12867);
    check_waves<double, long double>(1647099);
    CHECK_ULPS(atan, atan(x), 2.5);
    if (fused) {
        const auto taken =
            [](auto x) {  // x + 0.13 x loses its second term where the processor has no subnormal numbers
                return !tests::flushes_subnormals<decltype(x)>() ||
                       std::fabs(x) > 16 * std::numeric_limits<decltype(x)>::min();
            };
        const auto function = [](auto v) { return elementary::erf(v); };
        tests::check_ulps<float, double>(
            "erf", function, [](double x) { return erf(x); }, 2, taken);
        tests::check_ulps<double, long double>(
            "erf", function, [](long double x) { return erf(x); }, 2, taken);
    }
}

TEST_CASE("whole numbers: halves to even, signs of zeros, numbers without a fraction") {
    check_whole<float, double>();
    check_whole<double, long double>();
}

TEST_CASE("powers with any exponent") {
    check_powers<float, double>();
    check_powers<double, long double>();
}

TEST_CASE("derivatives of sin, cos, atan, erf and powers are the slopes of their values") {
#define SLOPE(e) check_slope(#e, expression::trace<1>([](auto x) { return e; }))
    SLOPE(sin(3 * x));
    SLOPE(cos(x));
    SLOPE(atan(x));
    SLOPE(erf(x));
    SLOPE(pow(abs(x), 1.7));
    SLOPE(pow(1.7, x));
    SLOPE(pow(x * x + 1, x));
    SLOPE(x + square(sin(x)));
#undef SLOPE
    const auto zero = expression::trace<1>([](auto x) { return floor(x) + round(x) + stop_gradient(x); });
    CHECK(expression::differentiate(zero, 1., 1.75).value == 1 + 2 + 1.75);
    CHECK(expression::differentiate(zero, 1., 1.75).gradient[0] == 0);
    const auto straight = expression::trace<1>([](auto x) { return x + stop_gradient(round(x) - x); });
    CHECK(expression::differentiate(straight, 1., 1.75).value == 2);
    CHECK(expression::differentiate(straight, 1., 1.75).gradient[0] == 1);
    const auto powers = expression::trace<2>([](auto a, auto b) { return pow(a, b); });
    CHECK(expression::differentiate(powers, 1., 0., 2.).gradient == std::array{0., 0.});
    CHECK(expression::differentiate(powers, 1., 0., 1.).gradient[0] == 1);
    CHECK(expression::differentiate(powers, 1., -2., 3.).gradient[0] == Approx(12));
    CHECK(tests::unknown(expression::gradient([](auto x) { return atan(x); }, 1e30f, 1.f)) == 0);
}

// In constant expressions.
static_assert(elementary::sin(0.f) == 0 && elementary::cos(0.) == 1 && elementary::round(2.5f) == 2);
static_assert(elementary::floor(-0.5) == -1 && elementary::pow(2.f, 3.f) > 7.9999f &&
              elementary::erf(0.) == 0);
static_assert(elementary::atan(1.) > 0.785398163397448 && elementary::atan(1.) < 0.785398163397449);
static_assert(elementary::sin(1.5707963267948966) == 1);
