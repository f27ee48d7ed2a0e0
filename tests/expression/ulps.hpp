// SPDX-License-Identifier: BSL-1.0
// Errors in units in the last place, and what tests know of numbers whatever the flags of the compiler.
#pragma once
#include <archetype/expression/ieee.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <random>

// Of the samples one in so many, for emulated processors.
#ifndef ARCHETYPE_TEST_SHARE
#define ARCHETYPE_TEST_SHARE 1
#endif

namespace tests {

namespace expression = archetype::expression;
namespace kernels = archetype::kernels;

using expression::is_finite;
using expression::is_nan;

/// The bits of a number; compilers cannot know them from what their flags let them assume.
template <class S>
ARCHETYPE_INLINE typename expression::format<S>::word bits_of(const S& x) {
    typename expression::format<S>::word bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    asm("" : "+m"(bits));
    return bits;
}
/// A number that compilers do not know.
template <class S>
ARCHETYPE_INLINE S unknown(S x) {
    asm("" : "+m"(x));
    return x;
}
template <class S>
ARCHETYPE_INLINE bool is_negative(const S& x) {
    return (bits_of(x) >> (8 * sizeof(S) - 1)) != 0;
}
template <class S>
ARCHETYPE_INLINE bool same_bits(const S& a, const S& b) {
    return bits_of(a) == bits_of(b) || (is_nan(a) && is_nan(b));
}
/// -0, which `-fno-signed-zeros` may lose when it is written as such.
template <class S>
inline constexpr S negative_zero = std::bit_cast<S>(~(~typename expression::format<S>::word{} >> 1));

/// Whether the processor replaces subnormal numbers by 0, as programs linked with `-ffast-math` tell it to.
template <class S>
bool flushes_subnormals() {
    volatile S smallest = std::numeric_limits<S>::min();
    volatile S half = smallest * S(0.5);
    return bits_of(S(half)) == 0;
}
template <class S>
bool is_subnormal(S x) {
    using F = expression::format<S>;
    using word = typename F::word;
    const auto bits = bits_of(x) & (~word{} >> 1);
    return bits != 0 && bits < word{1} << F::mantissa_bits;
}

/// Distance of `got` from `want`, in units in the last place of S at `want`.
template <class S, class Wide>
double ulps(S got, Wide want) {
    const S rounded = static_cast<S>(want);
    if (is_nan(rounded)) return is_nan(got) ? 0 : 1e30;
    if (!is_finite(rounded)) return same_bits(got, rounded) ? 0 : 1e30;
    if (!is_finite(got)) return 1e30;
    int exponent;
    std::frexp(std::fabs(want), &exponent);
    exponent = std::max(exponent, std::numeric_limits<S>::min_exponent);
    if (exponent == std::numeric_limits<S>::min_exponent && flushes_subnormals<S>() &&
        std::fabs(got) <= std::numeric_limits<S>::min())
        return 0;
    return static_cast<double>(std::fabs(static_cast<Wide>(got) - want) /
                               std::ldexp(Wide(1), exponent - std::numeric_limits<S>::digits));
}

#if defined(__FMA__) || defined(__aarch64__)
inline constexpr bool fused = true;
#else
inline constexpr bool fused = false;
#endif
/// Whether scalars and vectors give the same bits: both have fused multiply-add, and scalars no wider registers.
inline constexpr bool same_on_vectors = fused && !ARCHETYPE_INEXACT_MATH;

template <class S>
constexpr std::size_t width = kernels::lane_count<S>;
/// Element `i` of a vector, which may be a scalar.
template <class S>
S element(const kernels::lanes<S>& v, std::size_t i = 0) {
    S all[width<S>];
    kernels::store<S>(all, v);
    return all[i];
}

/// Whether `f` of vectors of x is NaN in each element. Numbers stay in memory: with `-ffinite-math-only` clang++ lets no NaN
/// be returned.
template <class F, class S>
bool makes_nan_on_vectors(const F& f, const S& x) {
    S all[width<S>];
    kernels::store<S>(all, f(kernels::broadcast(x)));
    bool every = true;
    for (const S& each : all) every = every && is_nan(each);
    return every;
}

/// Largest error over bit patterns of the whole range and over random values of several sizes, of those that `taken` takes.
template <class S, class Wide, class F, class R, class T>
void check_ulps(const char* name, F function, R reference, double bound, T taken) {
    double worst = 0;
    S where = 0;
    long mismatches = 0;
    S in[width<S>], out[width<S>];
    const bool flushes = flushes_subnormals<S>();
    const auto run = [&](auto generate, long vectors) {
        for (long i = 0; i < vectors / ARCHETYPE_TEST_SHARE; ++i) {
            for (S& x : in) {
                int tries = 0;
                do {
                    if (++tries > 10000) return;  // nothing in this range is taken
                    x = unknown(S(generate()));   // rounded, also on x87
                } while (!taken(x) || (flushes && is_subnormal(x)));
            }
            kernels::store<S>(out, function(kernels::load(in)));
            for (std::size_t j = 0; j < width<S>; ++j) {
                const S alone = function(in[j]);
                if (!same_bits(alone, out[j])) ++mismatches;
                const Wide exact = reference(Wide(in[j]));
                const double u = std::max(ulps<S, Wide>(out[j], exact), ulps<S, Wide>(alone, exact));
                if (u > worst) worst = u, where = in[j];
            }
        }
    };
    std::mt19937_64 random(7);
    using word = typename expression::format<S>::word;
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
    INFO(name << " at " << where << ", worst " << worst);
    CHECK(worst <= bound);
    if (same_on_vectors) CHECK(mismatches == 0);
}
template <class S, class Wide, class F, class R>
void check_ulps(const char* name, F function, R reference, double bound) {
    check_ulps<S, Wide>(name, function, reference, bound, [](S) { return true; });
}

}  // namespace tests

/// `name` of elementary functions on float and double against an expression of x in a wider type.
#define CHECK_ULPS(name, expression, bound)                                                                 \
    tests::check_ulps<float, double>(                                                                       \
        #name " of float", [](auto v) { return elementary::name(v); }, [](double x) { return expression; }, \
        bound);                                                                                             \
    tests::check_ulps<double, long double>(                                                                 \
        #name " of double", [](auto v) { return elementary::name(v); },                                     \
        [](long double x) -> long double { return expression; }, bound)
