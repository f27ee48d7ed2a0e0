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
///     static V smaller(V a, V b);              // a < b ? a : b, so a NaN in b passes through
///     static V larger(V a, V b);               // a > b ? a : b
///     static V abs(V);                         static V copy_sign(V magnitude, V sign);  // magnitude >= 0
///     static integer bits(V);                  static V from_bits(integer);
///     static V square_root(V);
///     static V scale(V a, V n);                // a * 2^n rounded once, n integral, |n| at most 2 * bias
///
/// and where the operators of V do not do: `quotient(a, b)`, `kept(x)` and `nan_mask(x)`, which the functions of these
/// names below use.
///
/// and `V` itself has + - * / unary - and comparisons; masks have & | and !.
#pragma once
#include <archetype/expression/ieee.hpp>

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

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

/// x as its type holds it, out of the reach of optimizations that assume real numbers: `kept(x + y) - y` is not x.
template <value V>
ARCHETYPE_INLINE constexpr V kept(const V& x) {
    using A = arithmetic<V>;
    if constexpr (requires { A::kept(x); }) {
        return A::kept(x);
    } else {
        V copy = x;
#if ARCHETYPE_INEXACT_MATH
        if (!std::is_constant_evaluated()) asm("" : "+m"(copy));
#endif
        return copy;
    }
}

/// a / b, correctly rounded where the target can.
template <value V>
ARCHETYPE_INLINE constexpr V quotient(const V& a, const V& b) {
    using A = arithmetic<V>;
    if constexpr (requires { A::quotient(a, b); })
        return A::quotient(a, b);
    else
        return a / b;
}

/// The mask of the elements that are NaN.
template <value V>
ARCHETYPE_INLINE constexpr auto nan_mask(const V& x) {
    using A = arithmetic<V>;
    if constexpr (requires { A::nan_mask(x); })
        return A::nan_mask(x);
    else
        return !(x == x);
}

/// `result` of a function of x as its type holds it, NaN where x is: compilers may lose a NaN on the way.
template <value V>
ARCHETYPE_INLINE constexpr V with_nan_of([[maybe_unused]] const V& x, const V& result) {
#if ARCHETYPE_FINITE_MATH
    return kept(arithmetic<V>::select(nan_mask(x), x, result));
#elif ARCHETYPE_INEXACT_MATH
    return kept(result);
#else
    return result;
#endif
}

/// 2^n for an integral n of at most `bias` and at least 1 - `bias`.
template <value V>
ARCHETYPE_INLINE constexpr V power_of_two(const V& n) {
    using A = arithmetic<V>;
    using F = format<scalar_of<V>>;
    return A::from_bits(A::bits(kept(V(n + A::broadcast(F::rounder + F::bias)))) << F::mantissa_bits);
}

/// `arithmetic::scale` for targets without an instruction for it: two exact steps, of which the second
/// rounds.
template <value V>
ARCHETYPE_INLINE constexpr V scale_in_two_steps(const V& a, const V& n) {
    using A = arithmetic<V>;
    const V rounder = A::broadcast(format<scalar_of<V>>::rounder);
    const V half = kept(V(kept(V(n * A::broadcast(scalar_of<V>(0.5)) + rounder)) - rounder));
    return kept(V(kept(V(a * power_of_two(half))) * power_of_two(kept(V(n - half)))));
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

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
    if (is_nan(x)) return x;
    if (!(x > 0) || !is_finite(x)) return x < 0 ? not_a_number<double> : x;
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
#elif defined(__i386__)
        asm("fsqrt" : "+t"(x));
        return kept_scalar(x);
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
#if ARCHETYPE_KEEPS_ROUNDINGS
            return detail::kept_scalar(S(a * b + detail::kept_scalar(c)));
#else
            return a * b + c;
#endif
    }
    ARCHETYPE_INLINE static constexpr S kept(S a) { return detail::kept_scalar(a); }
    ARCHETYPE_INLINE static constexpr bool nan_mask(S a) { return is_nan(a); }
    ARCHETYPE_INLINE static constexpr S select(bool m, S a, S b) { return m ? a : b; }
    ARCHETYPE_INLINE static constexpr S smaller(S a, S b) { return with_nan_of(b, S(a < b ? a : b)); }
    ARCHETYPE_INLINE static constexpr S larger(S a, S b) { return with_nan_of(b, S(a > b ? a : b)); }
    ARCHETYPE_INLINE static constexpr S quotient(S a, S b) {
#if ARCHETYPE_KEEPS_ROUNDINGS  // not a times an estimate of 1 / b, nor 1 / b shared with other quotients
        return detail::kept_scalar(S(a / detail::kept_scalar(b)));
#else
        return a / b;
#endif
    }
    ARCHETYPE_INLINE static constexpr S abs(S a) { return from_bits(bits(a) & (~integer{} >> 1)); }
    ARCHETYPE_INLINE static constexpr S copy_sign(S magnitude, S sign) {
        return from_bits(bits(magnitude) | (bits(sign) & ~(~integer{} >> 1)));
    }
    ARCHETYPE_INLINE static constexpr S square_root(S a) { return detail::square_root(a); }
    ARCHETYPE_INLINE static constexpr integer bits(S a) { return std::bit_cast<integer>(a); }
    ARCHETYPE_INLINE static constexpr S from_bits(integer a) { return std::bit_cast<S>(a); }
    ARCHETYPE_INLINE static constexpr S scale(S a, S n);
};

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

template <>
struct arithmetic<float> : detail::scalar_arithmetic<float> {};
template <>
struct arithmetic<double> : detail::scalar_arithmetic<double> {};

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class S>
constexpr S scalar_arithmetic<S>::scale(S a, S n) {
    return scale_in_two_steps<S>(a, n);
}

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET
