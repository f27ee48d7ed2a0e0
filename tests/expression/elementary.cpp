// SPDX-License-Identifier: BSL-1.0
// Elementary functions against libm in wider precision, over the whole range.
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace elementary = archetype::expression::elementary;
namespace kernels = archetype::kernels;

namespace {

/// Distance of `got` from `want`, in units in the last place of S at `want`.
template <class S, class Wide>
double ulps(S got, Wide want) {
    if (std::isnan(want)) return std::isnan(got) ? 0 : 1e30;
    const S rounded = static_cast<S>(want);
    if (std::isinf(rounded)) return got == rounded ? 0 : 1e30;
    if (!std::isfinite(got)) return 1e30;
    int exponent;
    std::frexp(std::fabs(want), &exponent);
    exponent = std::max(exponent, std::numeric_limits<S>::min_exponent);
    return static_cast<double>(std::fabs(static_cast<Wide>(got) - want) /
                               std::ldexp(Wide(1), exponent - std::numeric_limits<S>::digits));
}

#if defined(__FMA__) || defined(__aarch64__)
constexpr bool fused = true;
#else
constexpr bool fused = false;
#endif

/// Largest error over bit patterns of the whole range and over random values of several sizes.
template <class S, class Wide, class F, class R>
void check(const char* name, F function, R reference, double bound) {
    constexpr std::size_t width = kernels::lane_count<S>;
    double worst = 0;
    S where = 0;
    long mismatches = 0;
    S in[width], out[width];
    const auto run = [&](auto generate, long vectors) {
        for (long i = 0; i < vectors; ++i) {
            for (S& x : in) x = generate();
            kernels::store<S>(out, function(kernels::load(in)));
            for (std::size_t j = 0; j < width; ++j) {
                const S alone = function(in[j]);
                if (!(alone == out[j] && std::signbit(alone) == std::signbit(out[j])) &&
                    !(std::isnan(alone) && std::isnan(out[j])))
                    ++mismatches;
                const double u = std::max(ulps<S, Wide>(out[j], reference(Wide(in[j]))),
                                          ulps<S, Wide>(alone, reference(Wide(in[j]))));
                if (u > worst) worst = u, where = in[j];
            }
        }
    };
    std::mt19937_64 random(7);
    using word = typename archetype::expression::format<S>::word;
    run([&] { return std::bit_cast<S>(static_cast<word>(random())); }, 100000);
    for (const S size : {S(1e-3), S(1), S(10), S(100), S(800)})
        run([&] { return (S(random() >> 11) * S(0x1p-52) - 1) * size; }, 20000);
    for (const S center :
         {S(0), S(0.34657359), S(-0.34657359), S(1), S(88.722839), S(-87.336544), S(-103.97208), S(709.78271),
          S(-745.13322), S(9.0109134), S(0.70710678), S(1.4142135)})
        run(
            [&] {
                word bits = std::bit_cast<word>(center);
                return std::bit_cast<S>(static_cast<word>(bits + random() % 64));
            },
            200);
    INFO(name << " at " << where);
    CHECK(worst <= bound);
    if (fused) CHECK(mismatches == 0);
}

}  // namespace

#define BOTH(name, expression, bound)                                                                       \
    check<float, double>(                                                                                   \
        #name " of float", [](auto v) { return elementary::name(v); }, [](double x) { return expression; }, \
        bound);                                                                                             \
    check<double, long double>(                                                                             \
        #name " of double", [](auto v) { return elementary::name(v); },                                     \
        [](long double x) -> long double { return expression; }, bound)

TEST_CASE("errors of elementary functions stay below their bounds") {
    using namespace std;
    BOTH(sqrt, sqrt(x), 0.5);
    BOTH(exp, exp(x), fused ? 1.1 : 1.5);
    BOTH(expm1, expm1(x), 2);
    BOTH(tanh, tanh(x), fused ? 2.5 : 3);
    BOTH(sigmoid, x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)), fused ? 2.5 : 3);
    BOTH(log, log(x), fused ? 1 : 1.5);
    BOTH(log1p, log1p(x), 3);
    BOTH(softplus, (x > 0 ? x : 0) + log1p(exp(-fabs(x))), 3);
    if (fused) {
        BOTH(normal_cdf, erfc(-x * sqrt(decltype(x)(0.5L))) / 2, 6);
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
        if (elementary::rational_tanh(kernels::broadcast(x)).get(0) != float(found) && fused)
            FAIL("vector differs at " << x);
    }
    CHECK(worst <= 6);
    CHECK(largest == 1);
    CHECK(elementary::rational_tanh(std::numeric_limits<float>::infinity()) == 1);
    CHECK(elementary::rational_tanh(0.5) == elementary::tanh(0.5));
}

TEST_CASE("rational sigmoid") {
    double most = 0;
    for (float x = -30; x < 30; x += 1e-4f) {
        const float found = elementary::rational_sigmoid(x);
        if (!(found >= 0 && found <= 1)) FAIL("outside 0 to 1 at " << x);
        most = std::max(most, std::abs(double(found) - 1 / (1 + std::exp(-double(x)))));
        if (elementary::rational_sigmoid(kernels::broadcast(x)).get(0) != found && fused)
            FAIL("another value in a vector at " << x);
    }
    CHECK(most < 1.8e-7);
    CHECK(elementary::rational_sigmoid(std::numeric_limits<float>::infinity()) == 1);
    CHECK(elementary::rational_sigmoid(-std::numeric_limits<float>::infinity()) == 0);
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
        const S inf = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
        const auto of = [](auto f, S x) { return f(kernels::broadcast(x)).get(0); };
#define NAN_THROUGH(name)                     \
    CHECK(std::isnan(elementary::name(nan))); \
    CHECK(std::isnan(of([](auto v) { return elementary::name(v); }, nan)))
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
        CHECK(elementary::exp(inf) == inf);
        CHECK(elementary::exp(-inf) == 0);
        CHECK(elementary::tanh(-inf) == -1);
        CHECK(elementary::sigmoid(inf) == 1);
        CHECK(elementary::sigmoid(-inf) == 0);
        CHECK(elementary::log(inf) == inf);
        CHECK(elementary::log(zero) == -inf);
        CHECK(std::isnan(elementary::log(S(-1))));
        CHECK(elementary::log1p(S(-1)) == -inf);
        CHECK(elementary::softplus(inf) == inf);
        CHECK(elementary::softplus(-inf) == 0);
        CHECK(elementary::normal_cdf(-inf) == 0);
        CHECK(elementary::normal_cdf(inf) == 1);
        CHECK(std::signbit(elementary::tanh(-zero)));
        CHECK(elementary::exp(zero) == 1);
    };
    each(0.f);
    each(0.);
}

// Usable in constant expressions: closed forms.
static_assert(elementary::exp(0.) == 1 && elementary::tanh(0.f) == 0 && elementary::sigmoid(0.) == 0.5);
static_assert(elementary::sqrt(2.25) == 1.5 && elementary::sqrt(0x1p-1074) == 0x1p-537);
static_assert(elementary::log(1.f) == 0 && elementary::normal_cdf(0.) > 0.499999999 &&
              elementary::normal_cdf(0.) < 0.500000001);
static_assert(elementary::exp(1.f) > 2.7182815f && elementary::exp(1.f) < 2.7182821f);
