// SPDX-License-Identifier: BSL-1.0
/// @file trigonometry.hpp
/// Sine, cosine, arc tangent and the error function, as `elementary.hpp` has the others.
#pragma once
#include <archetype/expression/whole_numbers.hpp>

#include <array>

namespace archetype::expression::elementary::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class S>
struct circle;
template <>
struct circle<float> {
    /// pi / 2 in four parts, whose products with up to 2^13 are exact.
    static constexpr std::array<float, 4> half_pi{0x1.92p+0f, 0x1.fb4p-12f, 0x1.444p-24f, 0x1.68c234p-39f};
    static constexpr float two_over_pi = 0.636619772f, farthest = 12867;
    /// (sin(x) - x) / x^3 and (cos(x) - 1 + x^2 / 2) / x^4 in x^2, |x| <= pi / 4.
    static constexpr std::array<float, 3> sin{-0.0001951463264f, 0.00833215606f, -0.1666665454f};
    static constexpr std::array<float, 3> cos{2.443241324e-5f, -0.001388730987f, 0.04166664555f};
    /// (atan(x) - x) / x^3 in x^2, |x| <= tan(pi / 8).
    static constexpr std::array<float, 4> atan{0.08048846174f, -0.1387627294f, 0.1997759028f, -0.3333294632f};
    /// erf(x) / x - 1 in x^2, |x| <= 0.9.
    static constexpr std::array<float, 7> erf{8.483820068e-5f, -0.0008169024159f, 0.005203302365f,
                                              -0.02686029407f, 0.1128371133f,     -0.3761263475f,
                                              0.1283791671f};
};
template <>
struct circle<double> {
    /// The same with up to 2^20.
    static constexpr std::array<double, 4> half_pi{0x1.921fb544p+0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69,
                                                   0x1.b839a252049c1p-104};
    static constexpr double two_over_pi = 0.63661977236758134, farthest = 1647099;
    static constexpr std::array<double, 6> sin{1.5895905083660617e-10, -2.5050742313175097e-8,
                                               2.7557313587647239e-6,  -0.00019841269829495551,
                                               0.0083333333333220055,  -0.1666666666666663};
    static constexpr std::array<double, 6> cos{-1.1358310636110523e-11, 2.08756965754669e-9,
                                               -2.7557314148645173e-7,  2.4801587288748264e-5,
                                               -0.0013888888888872895,  0.041666666666666592};
    static constexpr std::array<double, 10> atan{
        0.021227622568063355, -0.043564841638056423, 0.056916435898757539, -0.066409520811032546,
        0.07690049126369004,  -0.090907810786950916, 0.1111110659781659,   -0.14285714193949339,
        0.19999999999073926,  -0.33333333333330092};
    static constexpr std::array<double, 13> erf{
        6.4621804297335868e-11, -1.1636872156650133e-9, 1.4720254628557743e-8,  -1.6358281254437888e-7,
        1.6461666971946327e-6,  -1.4925632113135385e-5, 0.00012055332471049483, -0.00085483270138491734,
        0.0052239776253260951,  -0.026866170645122882,  0.11283791670955094,    -0.37612638903183752,
        0.1283791670955126};
};

/// a + b and what rounding took from it. Knuth's two-sum.
template <value V>
ARCHETYPE_INLINE constexpr std::array<V, 2> exact_sum(const V& a, const V& b) {
    const V sum = kept(V(a + b));
    const V of_b = kept(V(sum - a));
    const V of_a = kept(V(sum - of_b));
    return {sum, V(kept(V(a - of_a)) + kept(V(b - of_b)))};
}

/// The sine of x + `Quarters` quarter turns; NaN where x is farther than the parts of pi / 2 reach.
template <int Quarters, value V>
ARCHETYPE_INLINE constexpr V wave(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    using C = circle<S>;
    using word = typename format<S>::word;
    const V rounder = A::broadcast(format<S>::rounder);
    const V counted = kept(A::fma(x, A::broadcast(C::two_over_pi), rounder));
    const V n = kept(V(counted - rounder));
    const auto part = [&](int i) { return A::broadcast(-C::half_pi[static_cast<std::size_t>(i)]); };
    const V coarse =
        kept(A::fma(n, part(1), kept(A::fma(n, part(0), x))));  // exact, and so is the next product
    const auto [middle, first] = exact_sum(coarse, kept(V(n * part(2))));
    const auto [r, second] = exact_sum(middle, kept(V(n * part(3))));
    const V lost = first + second;
    const auto turns = A::bits(counted) + A::broadcast_bits(word(Quarters));
    const V z = r * r;
    const V sine = r + kept(A::fma(V(r * z), polynomial(z, C::sin), lost));
    const V half_z = A::broadcast(S(0.5)) * z;
    const V w = kept(V(A::broadcast(S(1)) - half_z));
    const V rest = kept(V(kept(V(A::broadcast(S(1)) - w)) - half_z));  // what rounding took from 1 - z / 2
    const V cosine = w + A::fma(V(z * z), polynomial(z, C::cos), kept(A::fma(V(-r), lost, rest)));
    // odd quarters take the cosine, and the second bit is the sign
    constexpr word one = std::bit_cast<word>(S(1));
    const auto odd =
        A::from_bits((turns & A::broadcast_bits(1)) + A::broadcast_bits(one)) > A::broadcast(S(1));
    const V chosen = A::select(odd, cosine, sine);
    const auto sign = (turns & A::broadcast_bits(2)) << (8 * static_cast<int>(sizeof(S)) - 2);
    const V result = A::from_bits(A::bits(chosen) + sign);  // adding to the sign bit turns it over
    const auto near = A::abs(x) <= A::broadcast(C::farthest);
    return with_nan_of(x, A::select(near, result, kept(A::broadcast(not_a_number<S>))));
}

}  // namespace archetype::expression::elementary::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::elementary::inline ARCHETYPE_INSTRUCTION_SET {

/// Sine of an angle in radians. float: 1.5 ulp up to |x| = 12867, double: 1.5 ulp up to 1,647,099 (with fused multiply-add;
/// 2 without); NaN beyond.
template <value V>
ARCHETYPE_INLINE constexpr V sin(const V& x) {
    using A = arithmetic<V>;
    // -0 and numbers whose square vanishes are their own sine
    return A::select(A::abs(x) < A::broadcast(scalar_of<V>(1e-12)), x, detail::wave<0>(x));
}

/// Cosine of an angle in radians, as `sin`.
template <value V>
ARCHETYPE_INLINE constexpr V cos(const V& x) {
    return detail::wave<1>(x);
}

/// Arc tangent in radians. float: 2.5 ulp, double: 2.5 ulp.
template <value V>
ARCHETYPE_INLINE constexpr V atan(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    const V one = A::broadcast(S(1)), magnitude = A::abs(x);
    // atan(x) = pi / 2 - atan(1 / x), and atan(t) = pi / 4 + atan((t - 1) / (t + 1))
    const auto far = magnitude > A::broadcast(S(2.4142135623730950)),
               middle = magnitude > A::broadcast(S(0.41421356237309503));
    const V above = A::select(far, V(-one), V(magnitude - one));
    const V below = A::select(far, magnitude, V(magnitude + one));
    const V t = A::select(middle, quotient(above, below), magnitude);
    const V zero = A::broadcast(S(0));
    const V base = A::select(far, A::broadcast(S(1.5707963267948966)),
                             A::select(middle, A::broadcast(S(0.78539816339744831)), zero));
    const V lost =
        A::select(far, A::broadcast(S(1.5707963267948966192L - S(1.5707963267948966))),
                  A::select(middle, A::broadcast(S(0.7853981633974483096L - S(0.78539816339744831))), zero));
    const V z = t * t;
    const V curve = A::fma(V(t * z), detail::polynomial(z, detail::circle<S>::atan), lost);
    return with_nan_of(x, A::copy_sign(V(base + kept(V(t + curve))), x));
}

/// Error function. float: 2 ulp, double: 2 ulp.
template <value V>
ARCHETYPE_INLINE constexpr V erf(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    const V magnitude = A::abs(x), z = x * x;
    const V near = A::fma(x, detail::polynomial(z, detail::circle<S>::erf), x);
    const V tail = elementary::normal_cdf(V(magnitude * A::broadcast(S(-1.4142135623730951))));
    const V far = A::copy_sign(A::fma(A::broadcast(S(-2)), tail, A::broadcast(S(1))), x);
    return with_nan_of(x, A::select(magnitude < A::broadcast(S(0.9)), near, far));
}

}  // namespace archetype::expression::elementary::inline ARCHETYPE_INSTRUCTION_SET
