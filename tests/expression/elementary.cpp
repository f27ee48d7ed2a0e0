// SPDX-License-Identifier: BSL-1.0
// Elementary functions against libm in wider precision, over the whole range.
#include <archetype/expression/functions.hpp>
#include <expression/ulps.hpp>

namespace elementary = archetype::expression::elementary;
namespace kernels = archetype::kernels;
using tests::element;
using tests::fused;
using tests::is_nan;
using tests::same_on_vectors;

TEST_CASE("errors of elementary functions stay below their bounds") {
    using namespace std;
    CHECK_ULPS(sqrt, sqrt(x), __FLT_EVAL_METHOD__ == 2 ? 0.501 : 0.5);  // rounded twice on x87
    CHECK_ULPS(exp, exp(x), fused ? 1.1 : 1.5);
    CHECK_ULPS(expm1, !is_nan(double(x)) && x > 11000 ? 1e9L * 1e300L : expm1(x), 2);

    CHECK_ULPS(tanh, tanh(x), fused ? 2.5 : 3);
    CHECK_ULPS(sigmoid, x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)), fused ? 2.5 : 3);
    CHECK_ULPS(log, log(x), fused ? 1 : 1.5);
    CHECK_ULPS(log1p, log1p(x), 3);
    CHECK_ULPS(softplus, (x > 0 ? x : 0) + log1p(exp(-fabs(x))), 3);
    if (fused) {
        CHECK_ULPS(normal_cdf, erfc(-x * sqrt(decltype(x)(0.5L))) / 2, 6);
    }
}

TEST_CASE("the rational form of tanh stays within 6 ulp and within 1") {
    double worst = 0, largest = 0;
    for (std::uint32_t bits = 0x33000000; bits < 0x41800000; bits += 211) {  // 3e-8 to 16
        const float x = std::bit_cast<float>(bits);
        const double exact = std::tanh(double(x)), found = elementary::rational_tanh(x);
        worst = std::max(worst, std::fabs(found - exact) / std::ldexp(1.0, std::ilogb(exact) - 23));
        largest = std::max(largest, found);
        if (elementary::rational_tanh(-x) != -found) FAIL("not odd at " << x);
        if (same_on_vectors &&
            element<float>(elementary::rational_tanh(kernels::broadcast(x))) != float(found))
            FAIL("vector differs at " << x);
    }
    CHECK(worst <= 6);
    CHECK(largest == 1);
    CHECK(elementary::rational_tanh(archetype::expression::infinity<float>) == 1);
    CHECK(elementary::rational_tanh(0.5) == elementary::tanh(0.5));
}

TEST_CASE("rational sigmoid") {
    double most = 0;
    for (float x = -30; x < 30; x += 1e-4f) {
        const float found = elementary::rational_sigmoid(x);
        if (!(found >= 0 && found <= 1)) FAIL("outside 0 to 1 at " << x);
        most = std::max(most, std::abs(double(found) - 1 / (1 + std::exp(-double(x)))));
        if (same_on_vectors && element<float>(elementary::rational_sigmoid(kernels::broadcast(x))) != found)
            FAIL("another value in a vector at " << x);
    }
    CHECK(most < 1.8e-7);
    CHECK(elementary::rational_sigmoid(archetype::expression::infinity<float>) == 1);
    CHECK(elementary::rational_sigmoid(archetype::expression::minus_infinity<float>) == 0);
    CHECK(elementary::rational_sigmoid(0.5) == elementary::sigmoid(0.5));
}

TEST_CASE("the fast forms stay within their absolute bounds") {
    double tanh_error = 0, sigmoid_error = 0;
    for (float x = -30; x <= 30; x += 1e-3f) {
        tanh_error = std::max(tanh_error, std::fabs(elementary::fast_tanh(x) - std::tanh(double(x))));
        sigmoid_error =
            std::max(sigmoid_error, std::fabs(elementary::fast_sigmoid(x) - 1 / (1 + std::exp(-double(x)))));
    }
    CHECK(tanh_error <= 5e-5);
    CHECK(sigmoid_error <= 2.5e-5);
}

TEST_CASE("NaN, infinities and zeros") {
    const auto each = [](auto zero) {
        using S = decltype(zero);
        const S inf = tests::unknown(archetype::expression::infinity<S>),
                lowest = tests::unknown(archetype::expression::minus_infinity<S>),
                nan = tests::unknown(archetype::expression::not_a_number<S>);
#define NAN_THROUGH(name)                 \
    CHECK(is_nan(elementary::name(nan))); \
    CHECK(tests::makes_nan_on_vectors([](auto v) { return elementary::name(v); }, nan))
        NAN_THROUGH(exp);
        NAN_THROUGH(expm1);
        NAN_THROUGH(tanh);
        NAN_THROUGH(sigmoid);
        NAN_THROUGH(fast_tanh);
        NAN_THROUGH(rational_tanh);
        NAN_THROUGH(rational_sigmoid);
        NAN_THROUGH(fast_sigmoid);
        NAN_THROUGH(log);
        NAN_THROUGH(log1p);
        NAN_THROUGH(softplus);
        NAN_THROUGH(normal_cdf);
        NAN_THROUGH(sqrt);
#undef NAN_THROUGH
        CHECK(tests::same_bits(elementary::exp(inf), inf));
        CHECK(elementary::exp(lowest) == 0);
        CHECK(elementary::tanh(lowest) == -1);
        CHECK(elementary::sigmoid(inf) == 1);
        CHECK(elementary::sigmoid(lowest) == 0);
        CHECK(tests::same_bits(elementary::log(inf), inf));
        CHECK(tests::same_bits(elementary::log(zero), lowest));
        CHECK(is_nan(elementary::log(S(-1))));
        CHECK(tests::same_bits(elementary::log1p(S(-1)), lowest));
        CHECK(tests::same_bits(elementary::softplus(inf), inf));
        CHECK(elementary::softplus(lowest) == 0);
        CHECK(elementary::normal_cdf(lowest) == 0);
        CHECK(elementary::normal_cdf(inf) == 1);
        CHECK(tests::is_negative(elementary::tanh(tests::negative_zero<S>)));
        CHECK(elementary::exp(zero) == 1);
    };
    each(0.f);
    each(0.);
}

namespace {
template <class S>
void exact_on_vectors() {
    const auto on_vectors = [](auto f, S a, S b) {
        S all[tests::width<S>];
        kernels::store<S>(all, f(kernels::broadcast(a), kernels::broadcast(b)));
        return S(all[0]);
    };
    const auto quotient = [](auto a, auto b) { return archetype::expression::quotient(a, b); };
    long apart = 0;
    for (int i = 1; i < 1000; ++i) {
        const S n = tests::unknown(S(i));
        const long double exact = 1.0L / i;
        // Bits in memory: an x87 that may rearrange compares wider numbers that nobody has rounded.
        apart += !tests::same_bits(on_vectors(quotient, S(1), n), tests::unknown(S(exact)));
        apart += !tests::same_bits(
            on_vectors([](auto a, auto) { return elementary::sqrt(a); }, tests::unknown(S(n * n)), n), n);
    }
    CHECK(apart == 0);
    const S inf = tests::unknown(archetype::expression::infinity<S>);
    const S root = on_vectors([](auto a, auto) { return elementary::sqrt(a); }, inf, inf);
    CHECK(tests::same_bits(root, inf));
}

/// The lesser and the greater are the same on scalars and vectors of every processor: the second where one is NaN.
template <class S>
void same_order() {
    const S nan = tests::unknown(archetype::expression::not_a_number<S>);
    const S values[] = {nan, S(-1), tests::negative_zero<S>, S(0), S(2)};
    for (const S& a : values)
        for (const S& b : values) {
            S all[4][tests::width<S>];
            const auto va = kernels::broadcast(a), vb = kernels::broadcast(b);
            using A = archetype::expression::arithmetic<S>;
            using L = archetype::expression::arithmetic<kernels::lanes<S>>;
            kernels::store<S>(all[0], L::smaller(va, vb)), kernels::store<S>(all[1], L::larger(va, vb));
            kernels::store<S>(all[2], archetype::expression::min(va, vb));
            kernels::store<S>(all[3], archetype::expression::max(va, vb));
            all[0][1 % tests::width<S>] = A::smaller(a, b), all[1][1 % tests::width<S>] = A::larger(a, b);
            if (tests::is_nan(b)) CHECK((tests::is_nan(all[0][0]) && tests::is_nan(all[1][0])));
            if (tests::width < S >> 1 && !ARCHETYPE_INEXACT_MATH) {  // whose zeros have no sign
                CHECK(tests::same_bits(all[0][0], all[0][1]));
                CHECK(tests::same_bits(all[1][0], all[1][1]));
            }
            CHECK((tests::is_nan(a) || tests::is_nan(b)) == tests::is_nan(all[2][0]));
            CHECK((tests::is_nan(a) || tests::is_nan(b)) == tests::is_nan(all[3][0]));
        }
}
}  // namespace

TEST_CASE("quotients and roots of vectors are the nearest numbers") {
    exact_on_vectors<float>();
    exact_on_vectors<double>();
}

TEST_CASE("the lesser and the greater do not depend on the processor") {
    same_order<float>();
    same_order<double>();
}

// Usable in constant expressions: closed forms.
static_assert(elementary::exp(0.) == 1 && elementary::tanh(0.f) == 0 && elementary::sigmoid(0.) == 0.5);
static_assert(elementary::sqrt(2.25) == 1.5 && elementary::sqrt(0x1p-1074) == 0x1p-537);
static_assert(elementary::log(1.f) == 0 && elementary::normal_cdf(0.) > 0.499999999 &&
              elementary::normal_cdf(0.) < 0.500000001);
static_assert(elementary::exp(1.f) > 2.7182815f && elementary::exp(1.f) < 2.7182821f);
