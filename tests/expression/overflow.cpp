// SPDX-License-Identifier: BSL-1.0
// Compositions whose parts overflow though the whole does not, B-24 and its neighbours. Values and slopes in closed form.
#include <archetype/expression.hpp>
#include <expression/ulps.hpp>

namespace expression = archetype::expression;
namespace kernels = archetype::kernels;

namespace {

/// `e` against its value and slope as functions of x, in float and double, on scalars and vectors.
template <class E, class Value, class Slope>
void check(const char* name, const E& e, Value value, Slope slope) {
    for (const double x :
         {-2000., -800., -200., -100., -90., -20., -1.5, -0.25, 0.5, 3., 20., 89., 100., 700., 720., 2000.}) {
        INFO(name << " at " << x);
        const long double wide = x;
        const double v = double(value(wide)), s = double(slope(wide));
        const auto single = expression::differentiate(e, 1.f, float(x));
        CHECK(single.value == Approx(v).epsilon(5e-5).margin(2e-7));
        CHECK(single.gradient[0] == Approx(s).epsilon(5e-5).margin(2e-6));
        const auto in_double = expression::differentiate(e, 1., x);
        CHECK(in_double.value == Approx(v).epsilon(1e-12).margin(1e-15));
        CHECK(in_double.gradient[0] == Approx(s).epsilon(1e-11).margin(1e-14));
        const auto lanes =
            expression::differentiate(e, kernels::broadcast(1.f), kernels::broadcast(float(x)));
        CHECK(tests::element<float>(lanes.value) == Approx(single.value).epsilon(1e-5).margin(1e-7));
        CHECK(tests::element<float>(lanes.gradient[0]) ==
              Approx(single.gradient[0]).epsilon(1e-5).margin(1e-6));
    }
}
#define CHECK_STABLE(e, value, slope)                                        \
    check(                                                                   \
        #e, expression::trace<1>([](auto x) { return e; }),                  \
        []([[maybe_unused]] long double x) -> long double { return value; }, \
        []([[maybe_unused]] long double x) -> long double { return slope; })

long double s(long double x) { return 1 / (1 + std::exp(-x)); }
long double p(long double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
long double t(long double x) { return std::tanh(x); }

}  // namespace

TEST_CASE("B-24: logarithms of sums of exponentials") {
    CHECK_STABLE(log(1 + exp(x)), p(x), s(x));
    CHECK_STABLE(log(exp(x) + 1.0), p(x), s(x));
    CHECK_STABLE(log1p(exp(x)), p(x), s(x));
    CHECK_STABLE(log(1 + exp(-x)), p(-x), -s(-x));
    CHECK_STABLE(log(1 + exp(2 * x)) / 2, p(2 * x) / 2, s(2 * x));
    CHECK_STABLE(log(3 + exp(x)), std::log(3.0L) + p(x - std::log(3.0L)), s(x - std::log(3.0L)));
    CHECK_STABLE(log(exp(x) + exp(-x)), std::fabs(x) + std::log1p(std::exp(-2 * std::fabs(x))), t(x));
    CHECK_STABLE(log(exp(x) + exp(x - 1) + exp(x + 1)), x + 1.4076059644443804L, 1);
    CHECK_STABLE(log(exp(x)), x, 1);
    CHECK_STABLE(log(sigmoid(x)), -p(-x), s(-x));
}

TEST_CASE("quotients of exponentials") {
    CHECK_STABLE(exp(x) / (1 + exp(x)), s(x), s(x) * s(-x));
    CHECK_STABLE(exp(x) / (exp(x) + 1), s(x), s(x) * s(-x));
    CHECK_STABLE(1 / (1 + exp(-x)), s(x), s(x) * s(-x));
    CHECK_STABLE(x / (1 + exp(-x)), x * s(x), s(x) + x * s(x) * s(-x));
    CHECK_STABLE(x * exp(x) / (1 + exp(x)), x * s(x), s(x) + x * s(x) * s(-x));
    CHECK_STABLE(x / (1 + exp(-1.702 * x)), x * s(1.702L * x),
                 s(1.702L * x) + 1.702L * x * s(1.702L * x) * s(-1.702L * x));
    CHECK_STABLE((exp(x) - exp(-x)) / (exp(x) + exp(-x)), t(x), (1 - t(x)) * (1 + t(x)));
    CHECK_STABLE((1 - exp(-2 * x)) / (1 + exp(-2 * x)), t(x), (1 - t(x)) * (1 + t(x)));
    CHECK_STABLE(1 - 2 / (1 + exp(2 * x)), t(x), (1 - t(x)) * (1 + t(x)));
    CHECK_STABLE(exp(x) / (exp(x) + exp(2.0)), s(x - 2), s(x - 2) * s(2 - x));
}

TEST_CASE("roots of squares, and a logistic function times its argument") {
    CHECK_STABLE(sqrt(x * x), std::fabs(x), x < 0 ? -1 : 1);
    CHECK_STABLE(sqrt(square(3 * x)), 3 * std::fabs(x), x < 0 ? -3 : 3);
    CHECK_STABLE(x * sigmoid(x), x * s(x), s(x) + x * s(x) * s(-x));
    const auto size = expression::trace<1>([](auto x) { return sqrt(x * x); });
    CHECK(expression::differentiate(size, 1.f, 1e30f).value == 1e30f);
    CHECK(expression::differentiate(size, 1.f, 0.f).gradient[0] == 0);
    // the numbers of two factors of one type may differ
    const auto product = expression::trace<1>([](auto x) { return sqrt((2 * x) * (8 * x)); });
    CHECK(expression::evaluate(product, 1.f) == 4);
}

TEST_CASE("NaN passes through what was recognized") {
    const auto each = [](const auto& e) {
        CHECK(tests::makes_nan_on_vectors([&](auto v) { return expression::evaluate(e, v); },
                                          tests::unknown(expression::not_a_number<float>)));
    };
    each(expression::trace<1>([](auto x) { return log(1 + exp(x)); }));
    each(expression::trace<1>([](auto x) { return log(exp(x) + exp(-x)); }));
    each(expression::trace<1>([](auto x) { return exp(x) / (1 + exp(x)); }));
    each(expression::trace<1>([](auto x) { return 1 / (1 + exp(x)); }));
}

// In constant expressions.
static_assert(expression::evaluate([](auto v) { return log(1 + exp(v)); }, 100.f) == 100);
static_assert(expression::gradient([](auto v) { return log(1 + exp(v)); }, 100.f, 1.f) == 1);
