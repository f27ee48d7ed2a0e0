// SPDX-License-Identifier: BSL-1.0
/// @file elementary.hpp
/// Elementary functions on `float`, `double` and vectors of them, in constant expressions too, without libm.
///
/// Errors are in units in the last place of the exact result, the largest seen over the whole range with
/// fused multiply-add (tests/expression/elementary.cpp asserts them). NaN gives NaN; infinities, overflow and
/// subnormal results are right unless said otherwise. Scalars and vectors give the same bits where both have
/// fused multiply-add.
#pragma once
#include <archetype/expression/arithmetic.hpp>
#include <array>

namespace archetype::expression::elementary::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Coefficients from the highest power down, in a wide and in a narrow version.
template <class S>
inline constexpr bool narrow = std::is_same_v<S, float>;

/// Horner's rule, `c` from the highest power down.
template <value V, std::size_t N>
ARCHETYPE_INLINE constexpr V polynomial(const V& x, const std::array<scalar_of<V>, N>& c) {
    using A = arithmetic<V>;
    V sum = A::broadcast(c[0]);
    for (std::size_t i = 1; i < N; ++i) sum = A::fma(sum, x, A::broadcast(c[i]));
    return sum;
}

template <class S>
struct constants;
template <>
struct constants<float> {
    static constexpr float log2e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    static constexpr float exp_lowest = -104, exp_highest = 89, expm1_lowest = -20, tanh_one = 10;
    /// (e^r - 1 - r) / r^2 on |r| <= ln(2) / 2.
    static constexpr std::array<float, 5> exp{0.00139264006f, 0.00836335309f, 0.0416665524f, 0.166665763f,
                                              0.5f};
    /// (log(1 + f) - f + f^2 / 2) / f^3 on sqrt(1/2) <= 1 + f <= sqrt(2).
    static constexpr std::array<float, 9> log{0.0697161183f, -0.114797339f, 0.116854198f,
                                              -0.124256872f, 0.142490581f,  -0.166678026f,
                                              0.200007156f,  -0.24999997f,  0.333333313f};
    static constexpr float root_half = 0.707106781f, smallest_normal = 0x1p-126f;
    /// exp(a^2) erfc(a) (1 + 2a) in (a - 2) / (a + 2), a <= 10.5.
    static constexpr float erfc_center = 2, normal_tail = 14.3f;
    static constexpr std::array<float, 10> erfc{
        -0.000420062308f, -0.00125541387f, 0.00133004459f, 0.00865846965f, -0.00806387421f,
        -0.0542132221f,   0.164055616f,    -0.166030467f,  -0.0927639827f, 1.27697837f};
};
template <>
struct constants<double> {
    static constexpr double log2e = 1.4426950408889634, ln2_high = 0x1.62e42feep-1,
                            ln2_low = 0x1.a39ef35793c76p-33;
    static constexpr double exp_lowest = -746, exp_highest = 710, expm1_lowest = -40, tanh_one = 20;
    static constexpr std::array<double, 11> exp{2.0914907453046358e-09,
                                                2.5105525761140995e-08,
                                                2.7557273111810967e-07,
                                                2.7557254656202336e-06,
                                                2.4801587325967827e-05,
                                                0.0001984126987540889,
                                                0.0013888888888883629,
                                                0.0083333333333259658,
                                                0.041666666666666671,
                                                0.16666666666666671,
                                                0.5};
    /// (log((1 + s) / (1 - s)) - 2s) / s^3 in s^2.
    static constexpr std::array<double, 8> log{0.13089629160674623, 0.13268485680654427, 0.15386250447940189,
                                               0.18181795442371984, 0.2222222239356661,  0.28571428570795432,
                                               0.4000000000000089,  0.66666666666666663};
    static constexpr double root_half = 0.70710678118654752, smallest_normal = 0x1p-1022;
    static constexpr double erfc_center = 4, normal_tail = 39;
    static constexpr std::array<double, 24> erfc{
        1.263782858042137e-09,   1.868487385473519e-09,   -1.4091982822555755e-08, -1.7999475459031421e-08,
        1.1005996198640057e-07,  7.4719527805009712e-08,  -8.2546997448711616e-07, 2.9377854943443786e-07,
        5.7097847609665058e-06,  -1.1222046316669005e-05, -2.4399244283129879e-05, 0.00015062169704678355,
        -0.00019925668432389153, -0.00075777329736691462, 0.005031969975753176,    -0.016197734055994489,
        0.037167515537770257,    -0.066330365812409503,   0.093732834998330225,    -0.10103906603629459,
        0.068097054254693229,    0.015379652102619558,    -0.13962111684056253,    1.2329951186255526};
};

/// x = n ln 2 + r.
template <value V>
struct reduced {
    V n, r;
    V rounded;  ///< n in the low bits, plus `offset`
    ARCHETYPE_INLINE constexpr explicit reduced(const V& x, scalar_of<V> offset = 0)
        : n(x), r(x), rounded(x) {
        using A = arithmetic<V>;
        using C = constants<scalar_of<V>>;
        const V rounder = A::broadcast(format<scalar_of<V>>::rounder + offset);
        rounded = kept(A::fma(x, A::broadcast(C::log2e), rounder));
        n = kept(V(rounded - rounder));
        r = kept(A::fma(n, A::broadcast(-C::ln2_high), x));
        r = A::fma(n, A::broadcast(-C::ln2_low), r);
    }
    /// e^r - 1.
    ARCHETYPE_INLINE constexpr V exp_minus_one() const {
        return arithmetic<V>::fma(V(r * r), polynomial(r, constants<scalar_of<V>>::exp), r);
    }
};

/// (e^x - 1) / 2 without cancellation, for x between `expm1_lowest` and `exp_highest`.
template <value V>
ARCHETYPE_INLINE constexpr V half_expm1(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    using F = format<S>;
    const reduced<V> parts(x, S(F::bias - 1));
    const V power = A::from_bits(A::bits(parts.rounded) << F::mantissa_bits);  // 2^(n - 1)
    return A::fma(power, parts.exp_minus_one(), kept(V(power - A::broadcast(S(0.5)))));
}

}  // namespace archetype::expression::elementary::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::elementary::inline ARCHETYPE_INSTRUCTION_SET {

/// Square root, correctly rounded.
template <value V>
ARCHETYPE_INLINE constexpr V sqrt(const V& x) {
    return arithmetic<V>::square_root(x);
}

/// e^x. float: 1 ulp, double: 1 ulp.
template <value V>
ARCHETYPE_INLINE constexpr V exp(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    using C = detail::constants<S>;
    const V bounded = A::larger(A::broadcast(C::exp_lowest), A::smaller(A::broadcast(C::exp_highest), x));
    const detail::reduced<V> parts(bounded);
    return with_nan_of(x, A::scale(V(A::broadcast(S(1)) + parts.exp_minus_one()), parts.n));
}

/// e^x - 1, accurate near 0. float: 2 ulp, double: 2 ulp.
template <value V>
ARCHETYPE_INLINE constexpr V expm1(const V& x) {
    using A = arithmetic<V>;
    using C = detail::constants<scalar_of<V>>;
    const V bounded = A::larger(A::broadcast(C::expm1_lowest), A::smaller(A::broadcast(C::exp_highest), x));
    const V half = detail::half_expm1(bounded);
    return with_nan_of(x, V(half + half));
}

/// Hyperbolic tangent as m / (m + 2) with m = e^(2|x|) - 1. float: 2.5 ulp, double: 2.5 ulp.
template <value V>
ARCHETYPE_INLINE constexpr V tanh(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    const V bounded = A::smaller(A::broadcast(detail::constants<S>::tanh_one), A::abs(x));
    const V half = detail::half_expm1(V(bounded + bounded));
    return with_nan_of(x, A::copy_sign(quotient(half, V(half + A::broadcast(S(1)))), x));
}

/// 1 / (1 + e^-x), accurate in the tail too. float: 2.5 ulp, double: 2.5 ulp.
template <value V>
ARCHETYPE_INLINE constexpr V sigmoid(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    const V one = A::broadcast(S(1));
    const V bounded = A::larger(A::broadcast(detail::constants<S>::exp_lowest), V(-A::abs(x)));
    const detail::reduced<V> parts(bounded);
    const V power = A::scale(V(one + parts.exp_minus_one()), parts.n);
    return with_nan_of(x, quotient(A::select(x < A::broadcast(S(0)), power, one), V(one + power)));
}

}  // namespace archetype::expression::elementary::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::elementary::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Polynomial of degree 4, `c` from the highest power down, in pairs: three multiply-adds one after the other, not four.
template <value V>
ARCHETYPE_INLINE constexpr V quartic(const V& x, const V& square, const std::array<scalar_of<V>, 5>& c) {
    using A = arithmetic<V>;
    const V middle = A::fma(A::broadcast(c[1]), x, A::broadcast(c[2]));
    const V low = A::fma(A::broadcast(c[3]), x, A::broadcast(c[4]));
    return A::fma(A::fma(A::broadcast(c[0]), square, middle), square, low);
}

/// tanh on |x| <= 9 by a minimax rational function of degree 9 over 8, up to 1 ulp beyond 1 in size.
template <value V>
ARCHETYPE_INLINE constexpr V tanh_ratio(const V& bounded) {
    const V z = bounded * bounded, square = z * z;
    const V p = quartic(
        z, square,
        std::array<float, 5>{1.3897655e-08f, 2.09938532e-05f, 0.00351874537f, 0.134004678f, 0.999999985f});
    const V q = quartic(
        z, square, std::array<float, 5>{7.99653812e-07f, 0.000332365012f, 0.0259648992f, 0.467337881f, 1.f});
    return quotient(V(bounded * p), q);
}

}  // namespace archetype::expression::elementary::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::elementary::inline ARCHETYPE_INSTRUCTION_SET {

/// Hyperbolic tangent by a minimax rational function, never beyond 1 in size: half the time of `tanh`.
/// float: 6 ulp. double: as `tanh`.
template <value V>
ARCHETYPE_INLINE constexpr V rational_tanh(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    if constexpr (!detail::narrow<S>) {
        return elementary::tanh(x);
    } else {
        const V bounded = A::larger(A::broadcast(-9.f), A::smaller(A::broadcast(9.f), x));
        return with_nan_of(
            x, A::larger(A::broadcast(-1.f), A::smaller(A::broadcast(1.f), detail::tanh_ratio(bounded))));
    }
}

/// 1 / (1 + e^-x) by `rational_tanh` of x / 2, for gates: float: absolute error at most 1.8e-7, between 0 and 1, no
/// relative accuracy near 0. double: as `sigmoid`.
template <value V>
ARCHETYPE_INLINE constexpr V rational_sigmoid(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    if constexpr (!detail::narrow<S>) {
        return elementary::sigmoid(x);
    } else {
        const V half = A::broadcast(0.5f);
        const V bounded = A::larger(A::broadcast(-9.f), A::smaller(A::broadcast(9.f), V(half * x)));
        const V result = A::fma(half, detail::tanh_ratio(bounded), half);
        return with_nan_of(x, A::larger(A::broadcast(0.f), A::smaller(A::broadcast(1.f), result)));
    }
}

/// Hyperbolic tangent by a rational function: absolute error at most 5e-5, no ulp bound; for speed.
/// Infinities give the value of the bound, 0.99995.
template <value V>
ARCHETYPE_INLINE constexpr V fast_tanh(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    const V bounded = A::larger(A::broadcast(S(-5)), A::smaller(A::broadcast(S(5)), x));
    const V z = bounded * bounded;
    const V p = detail::polynomial(z, std::array<S, 3>{S(0.000655530281), S(0.10174244), S(0.999811028)});
    const V q = detail::polynomial(z, std::array<S, 3>{S(0.0126450294), S(0.43452585), S(1)});
    return with_nan_of(x, quotient(V(bounded * p), q));
}

/// Logistic function by `fast_tanh`: absolute error at most 2.5e-5.
template <value V>
ARCHETYPE_INLINE constexpr V fast_sigmoid(const V& x) {
    using A = arithmetic<V>;
    const V half = A::broadcast(scalar_of<V>(0.5));
    return with_nan_of(x, A::fma(half, elementary::fast_tanh(V(half * x)), half));
}

/// Natural logarithm; -inf at 0, NaN below. float: 1 ulp, double: 1 ulp.
template <value V>
ARCHETYPE_INLINE constexpr V log(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    using C = detail::constants<S>;
    using F = format<S>;
    using word = typename F::word;
    const auto subnormal = x < A::broadcast(C::smallest_normal);
    constexpr S up = S(word{1} << F::mantissa_bits);
    const V scaled = A::select(subnormal, V(x * A::broadcast(up)), x);
    // x = 2^e m with m in [sqrt(1/2), sqrt(2)); the offset keeps the unsigned exponent positive
    constexpr word low = std::bit_cast<word>(C::root_half), offset = word{F::bias + 1} << F::mantissa_bits;
    const auto shifted = A::bits(scaled) + A::broadcast_bits(offset - low);
    const auto fraction = shifted & A::broadcast_bits((word{1} << F::mantissa_bits) - 1);
    const V m = A::from_bits(fraction + A::broadcast_bits(low));
    const V counted =
        A::from_bits((shifted >> F::mantissa_bits) + A::broadcast_bits(std::bit_cast<word>(F::rounder)));
    const V e = counted - A::select(subnormal, A::broadcast(F::rounder + S(F::bias + 1 + F::mantissa_bits)),
                                    A::broadcast(F::rounder + S(F::bias + 1)));
    const V f = kept(V(m - A::broadcast(S(1))));
    // every multiply-add is explicit: contraction by the compiler would differ between scalars and vectors
    const V minus_half_f = A::broadcast(S(-0.5)) * f, rest = e * A::broadcast(C::ln2_low);
    V tail = f;
    if constexpr (sizeof(S) == 4) {
        tail = A::fma(minus_half_f, f, A::fma(V(f * f * f), detail::polynomial(f, C::log), rest));
    } else {
        const V s = quotient(f, V(f + A::broadcast(S(2))));
        const V z = s * s;
        const V inner = A::fma(z, detail::polynomial(z, C::log), V(-minus_half_f * f));
        tail = A::fma(minus_half_f, f, A::fma(s, inner, rest));
    }
    const V result = A::fma(e, A::broadcast(C::ln2_high), V(f + kept(tail)));
    const V zero = A::broadcast(S(0)), most = kept(A::broadcast(expression::infinity<S>));
    const V at_zero =
        A::select(x == zero, kept(A::broadcast(minus_infinity<S>)), kept(A::broadcast(not_a_number<S>)));
    return with_nan_of(x,
                       A::select(x > zero, A::select(x < most, result, x), A::select(x <= zero, at_zero, x)));
}

/// log(1 + x), accurate near 0 (Kahan's correction). float: 3 ulp, double: 3 ulp.
template <value V>
ARCHETYPE_INLINE constexpr V log1p(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    const V one = A::broadcast(S(1));
    const V w = kept(V(one + x));
    const V d = w - one;
    // where 1 + x rounds to 1, or x is infinite, there is nothing to correct
    const V most = kept(A::broadcast(expression::infinity<S>));
    const auto plain = A::select(d == A::broadcast(S(0)), most, x) == most;
    const V safe = A::select(plain, one, d);
    return with_nan_of(x, A::select(plain, x, V(elementary::log(w) * quotient(x, safe))));
}

/// log(1 + e^x), without overflow. float: 3 ulp, double: 3 ulp.
template <value V>
ARCHETYPE_INLINE constexpr V softplus(const V& x) {
    using A = arithmetic<V>;
    return with_nan_of(x, V(A::larger(A::broadcast(scalar_of<V>(0)), x) +
                            elementary::log1p(elementary::exp(V(-A::abs(x))))));
}

/// Distribution function of the standard normal, (1 + erf(x / sqrt 2)) / 2, accurate in the lower tail:
/// float: 5 ulp, double: 6 ulp with fused multiply-add; without it the tail's relative error grows as x^2
/// / 2.
template <value V>
ARCHETYPE_INLINE constexpr V normal_cdf(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    using C = detail::constants<S>;
    const V one = A::broadcast(S(1)), half = A::broadcast(S(0.5));
    const V magnitude = A::smaller(A::broadcast(C::normal_tail), A::abs(x));
    const V a = magnitude * A::broadcast(S(0.70710678118654752));
    const V center = A::broadcast(C::erfc_center);
    const V smooth =
        quotient(detail::polynomial(quotient(V(a - center), V(a + center)), C::erfc), V(one + (a + a)));
    const V square = kept(V(magnitude * magnitude));
    const V lost = A::fma(magnitude, magnitude, V(-square));  // what rounding took from the square
    const V correction = A::fma(V(-half), lost, one);
    const V factor = half * smooth * correction;
    const V power = elementary::exp(V(-half * square));
    return with_nan_of(x,
                       A::select(x > A::broadcast(S(0)), A::fma(V(-factor), power, one), V(factor * power)));
}

/// Density of the standard normal.
template <value V>
ARCHETYPE_INLINE constexpr V normal_density(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    return A::broadcast(S(0.39894228040143268)) * elementary::exp(V(A::broadcast(S(-0.5)) * x * x));
}

}  // namespace archetype::expression::elementary::inline ARCHETYPE_INSTRUCTION_SET
