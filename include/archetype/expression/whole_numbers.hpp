// SPDX-License-Identifier: BSL-1.0
/// @file whole_numbers.hpp
/// Rounding to whole numbers, and powers with any exponent.
#pragma once
#include <archetype/expression/elementary.hpp>

namespace archetype::expression::elementary::inline ARCHETYPE_INSTRUCTION_SET {

/// The nearest whole number, halves to the even one, as `std::rint`, NumPy, PyTorch and ONNX (`std::round` differs there).
template <value V>
ARCHETYPE_INLINE constexpr V round(const V& x) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    const V whole =
        A::broadcast(S(typename format<S>::word{1} << format<S>::mantissa_bits));  // numbers from here on are
    const V magnitude = A::abs(x);
    const V rounded = kept(V(kept(V(magnitude + whole)) - whole));
    return with_nan_of(x, A::select(magnitude < whole, A::copy_sign(rounded, x), x));
}

/// The greatest whole number that is not above x.
template <value V>
ARCHETYPE_INLINE constexpr V floor(const V& x) {
    using A = arithmetic<V>;
    const V rounded = elementary::round(x), one = A::broadcast(scalar_of<V>(1));
    return with_nan_of(x, A::select(rounded > x, V(rounded - one), rounded));
}

/// a^b as e^(b log a): as many ulp wrong as 2 + 1.5 |b log a|. A negative base takes whole exponents and is NaN with others;
/// a^0 and 1^b are 1, also of NaN, as in C.
template <value V>
ARCHETYPE_INLINE constexpr V pow(const V& a, const V& b) {
    using A = arithmetic<V>;
    using S = scalar_of<V>;
    const V zero = A::broadcast(S(0)), one = A::broadcast(S(1));
    const V size = elementary::exp(V(b * elementary::log(A::abs(a))));
    const V half = A::broadcast(S(0.5)) * b;
    const auto whole = elementary::floor(b) == b, even = elementary::floor(half) == half;
    const auto negative = a < zero, number_a = !nan_mask(a), number_b = !nan_mask(b);
    const auto no_exponent = b == zero, of_one = a == one;
    const V with_sign = A::select(even, size, A::copy_sign(size, a));
    const V of_negative = A::select(whole, with_sign, kept(A::broadcast(not_a_number<S>)));
    const V result = A::select(negative, of_negative, A::select(whole, with_sign, size));
    const V passed = with_nan_of(a, with_nan_of(b, result));
    return A::select(no_exponent & number_b, one, A::select(of_one & number_a, one, passed));
}

}  // namespace archetype::expression::elementary::inline ARCHETYPE_INSTRUCTION_SET
