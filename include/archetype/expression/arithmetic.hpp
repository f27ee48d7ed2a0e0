// SPDX-License-Identifier: BSL-1.0
/// @file arithmetic.hpp
/// The few primitives from which every elementary function is built, for one type of value.
///
/// `arithmetic<V>` is the customization point: whoever specializes it gets `exp`, `tanh` and the evaluation
/// of expressions on `V`. `float` and `double` are here (usable in constant expressions, no libm at run
/// time); SIMD vectors are in `archetype/kernels/vectors/lanes_arithmetic.hpp`. A specialization has
///
///     using scalar;    // float or double, the type of one element
///     using mask;      // what comparing two V gives
///     using integer;   // unsigned integers as wide as the scalar, with + - & << >>
///     static V broadcast(scalar);              static integer broadcast_bits(word)
///     static V fma(V a, V b, V c);             // a * b + c, rounded once where the target can
///     static V select(mask m, V a, V b);       // m ? a : b
///     static V smaller(V a, V b);              // a < b ? a : b, so a NaN in b passes through; `larger`
///     likewise static V abs(V);                         static V copy_sign(V magnitude, V sign)   //
///     magnitude >= 0 static V square_root(V); static integer bits(V);                  static V
///     from_bits(integer) static V scale(V a, V n);                // a * 2^n rounded once, n integral, |n|
///     at most 2 * bias
///
/// and `V` itself has + - * / unary - and comparisons; masks have & | and !.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

/// Forces inlining: clang leaves chains of small functions on vectors as calls otherwise.
#define ARCHETYPE_INLINE [[gnu::always_inline]] inline

namespace archetype::expression {

template <class V>
struct arithmetic {};

/// A type on which expressions can be evaluated.
template <class V>
concept value = requires {
    typename arithmetic<V>::scalar;
};

/// The element type of a value: `float` for `float` and for a vector of floats.
template <value V>
using scalar_of = typename arithmetic<V>::scalar;

/// IEEE facts of a scalar that the bit tricks need.
template <class S>
struct format;
template <>
struct format<float> {
    using word = std::uint32_t;
    static constexpr int mantissa_bits = 23, bias = 127;
    /// Adding it rounds to an integer and leaves that integer in the low bits.
    static constexpr float rounder = 12582912.f;  // 1.5 * 2^23
};
template <>
struct format<double> {
    using word = std::uint64_t;
    static constexpr int mantissa_bits = 52, bias = 1023;
    static constexpr double rounder = 6755399441055744.;  // 1.5 * 2^52
};

/// 2^n for an integral n of at most `bias` and at least 1 - `bias`.
template <value V>
ARCHETYPE_INLINE constexpr V power_of_two(const V& n) {
    using A = arithmetic<V>;
    using F = format<scalar_of<V>>;
    return A::from_bits(A::bits(n + A::broadcast(F::rounder + F::bias)) << F::mantissa_bits);
}

/// `arithmetic::scale` for targets without an instruction for it: two exact steps, of which the second
/// rounds.
template <value V>
ARCHETYPE_INLINE constexpr V scale_in_two_steps(const V& a, const V& n) {
    using A = arithmetic<V>;
    const V rounder = A::broadcast(format<scalar_of<V>>::rounder);
    const V half = (n * A::broadcast(scalar_of<V>(0.5)) + rounder) - rounder;
    return a * power_of_two(half) * power_of_two(V(n - half));
}

namespace detail {

#if defined(__FMA__) || defined(__FMA4__) || defined(__aarch64__)
inline constexpr bool float_fma = true, double_fma = true;
#elif defined(__ARM_FEATURE_FMA)
inline constexpr bool float_fma = true, double_fma = (__ARM_FP & 8) != 0;
#else
inline constexpr bool float_fma = false, double_fma = false;
#endif

/// Correctly rounded for float; within one unit for double. Only for constant expressions and targets without
/// an instruction.
constexpr double software_square_root(double x) {
    if (!(x > 0) || x > std::numeric_limits<double>::max())
        return x < 0 ? std::numeric_limits<double>::quiet_NaN() : x;
    double scaled_by = 1;
    if (x < 0x1p-900) x *= 0x1p200, scaled_by = 0x1p-100;
    double y = std::bit_cast<double>((std::bit_cast<std::uint64_t>(x) >> 1) + (std::uint64_t{1023} << 51));
    for (int step = 0; step < 5; ++step) y = 0.5 * (y + x / y);
    return y * scaled_by;
}

/// Avoids `__builtin_sqrt`, which calls libm for negative arguments to set errno.
template <class S>
ARCHETYPE_INLINE constexpr S square_root(S x) {
    if (!std::is_constant_evaluated()) {
        // `asm` because g++ has no portable builtin that leaves errno alone
#if defined(__clang__) && (defined(__SSE2__) || defined(__aarch64__) || (defined(__ARM_FP) && (__ARM_FP & 8)))
        return __builtin_elementwise_sqrt(x);
#elif defined(__AVX__)
        S y;
        if constexpr (sizeof(S) == 4)
            asm("vsqrtss %1, %1, %0" : "=x"(y) : "x"(x));
        else
            asm("vsqrtsd %1, %1, %0" : "=x"(y) : "x"(x));
        return y;
#elif defined(__SSE2__)
        S y;
        if constexpr (sizeof(S) == 4)
            asm("sqrtss %1, %0" : "=x"(y) : "x"(x));
        else
            asm("sqrtsd %1, %0" : "=x"(y) : "x"(x));
        return y;
#elif defined(__aarch64__)
        S y;
        if constexpr (sizeof(S) == 4)
            asm("fsqrt %s0, %s1" : "=w"(y) : "w"(x));
        else
            asm("fsqrt %d0, %d1" : "=w"(y) : "w"(x));
        return y;
#elif defined(__ARM_FP) && (__ARM_FP & 4)
        if constexpr (sizeof(S) == 4) {
            S y;
            asm("vsqrt.f32 %0, %1" : "=t"(y) : "t"(x));
            return y;
        }
#endif
    }
    return static_cast<S>(software_square_root(static_cast<double>(x)));
}

template <class S>
struct scalar_arithmetic {
    using scalar = S;
    using mask = bool;
    using integer = typename format<S>::word;
    ARCHETYPE_INLINE static constexpr S broadcast(S a) { return a; }
    ARCHETYPE_INLINE static constexpr integer broadcast_bits(integer a) { return a; }
    ARCHETYPE_INLINE static constexpr S fma(S a, S b, S c) {
        if (std::is_constant_evaluated()) {
#if defined(__clang__)
            using wide = std::conditional_t<sizeof(S) == 4, double, long double>;
            return static_cast<S>(static_cast<wide>(a) * b + c);
#else
            return sizeof(S) == 4 ? static_cast<S>(__builtin_fmaf(
                                        static_cast<float>(a), static_cast<float>(b), static_cast<float>(c)))
                                  : static_cast<S>(__builtin_fma(a, b, c));
#endif
        }
        if constexpr (sizeof(S) == 4 && float_fma)
            return __builtin_fmaf(a, b, c);
        else if constexpr (sizeof(S) == 8 && double_fma)
            return __builtin_fma(a, b, c);
        else
            return a * b + c;
    }
    ARCHETYPE_INLINE static constexpr S select(bool m, S a, S b) { return m ? a : b; }
    ARCHETYPE_INLINE static constexpr S smaller(S a, S b) { return a < b ? a : b; }
    ARCHETYPE_INLINE static constexpr S larger(S a, S b) { return a > b ? a : b; }
    ARCHETYPE_INLINE static constexpr S abs(S a) { return from_bits(bits(a) & (~integer{} >> 1)); }
    ARCHETYPE_INLINE static constexpr S copy_sign(S magnitude, S sign) {
        return from_bits(bits(magnitude) | (bits(sign) & ~(~integer{} >> 1)));
    }
    ARCHETYPE_INLINE static constexpr S square_root(S a) { return detail::square_root(a); }
    ARCHETYPE_INLINE static constexpr integer bits(S a) { return std::bit_cast<integer>(a); }
    ARCHETYPE_INLINE static constexpr S from_bits(integer a) { return std::bit_cast<S>(a); }
    ARCHETYPE_INLINE static constexpr S scale(S a, S n);
};

}  // namespace detail

template <>
struct arithmetic<float> : detail::scalar_arithmetic<float> {};
template <>
struct arithmetic<double> : detail::scalar_arithmetic<double> {};

template <class S>
constexpr S detail::scalar_arithmetic<S>::scale(S a, S n) {
    return scale_in_two_steps<S>(a, n);
}

}  // namespace archetype::expression
