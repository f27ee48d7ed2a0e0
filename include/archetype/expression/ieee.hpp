// SPDX-License-Identifier: BSL-1.0
/// @file ieee.hpp
/// Roundings, infinities and NaN that hold whatever a compiler was told to assume: `-ffast-math` and its parts, and
/// registers that are wider than their type (x87).
///
/// `is_nan` and `is_finite` look at bits, so that `-ffinite-math-only` cannot decide them beforehand, and `kept` takes a
/// value out of the reach of rewriting, rounded to its type.
#pragma once
#include <archetype/instruction_set.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// 1 where sums may be rewritten as far as headers can know: clang++ has no macro for `-funsafe-math-optimizations`.
#if ARCHETYPE_INEXACT_MATH || (defined(__clang__) && (defined(__SSE2__) || defined(__aarch64__)))
#define ARCHETYPE_KEEPS_ROUNDINGS 1
#else
#define ARCHETYPE_KEEPS_ROUNDINGS 0
#endif

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// IEEE facts of a scalar that the bit tricks need.
template <class S>
struct format;
template <>
struct format<float> {
    using word = std::uint32_t;
    static constexpr int mantissa_bits = 23, bias = 127;
    /// Adding it rounds to an integer and leaves that integer in the low bits.
    static constexpr float rounder = 12582912.f;  // 1.5 * 2^23
    static constexpr word infinity_bits = 0x7f800000, nan_bits = 0x7fc00000;
};
template <>
struct format<double> {
    using word = std::uint64_t;
    static constexpr int mantissa_bits = 52, bias = 1023;
    static constexpr double rounder = 6755399441055744.;  // 1.5 * 2^52
    static constexpr word infinity_bits = 0x7ff0000000000000, nan_bits = 0x7ff8000000000000;
};

/// Infinities and NaN of `float` or `double`.
template <class S>
inline constexpr S infinity = std::bit_cast<S>(format<S>::infinity_bits);
template <class S>
inline constexpr S minus_infinity = std::bit_cast<S>(format<S>::infinity_bits |
                                                     ~(~typename format<S>::word{} >> 1));
template <class S>
inline constexpr S not_a_number = std::bit_cast<S>(format<S>::nan_bits);

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The bits of a number without its sign; a compiler cannot know them from what it assumes about the number.
template <class S>
ARCHETYPE_INLINE constexpr typename format<S>::word magnitude_bits(const S& x) {
    using word = typename format<S>::word;
    if (std::is_constant_evaluated() || !ARCHETYPE_FINITE_MATH)
        return std::bit_cast<word>(x) & (~word{} >> 1);
    word bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    asm("" : "+m"(bits));
    return bits & (~word{} >> 1);
}

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether x is NaN, by its bits where comparisons would not tell.
template <class S>
requires std::is_floating_point_v<S> ARCHETYPE_INLINE constexpr bool is_nan(const S& x) {
#if ARCHETYPE_FINITE_MATH
    return detail::magnitude_bits(x) > format<S>::infinity_bits;
#else
    return x != x;
#endif
}
/// Whether x is neither NaN nor infinite, by its bits.
template <class S>
requires std::is_floating_point_v<S> ARCHETYPE_INLINE constexpr bool is_finite(const S& x) {
    return detail::magnitude_bits(x) < format<S>::infinity_bits;
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// x, rounded to its type; what follows is not combined with what made it. For `float`, `double` and vectors in
/// registers of the target.
template <class S>
ARCHETYPE_INLINE void round_here(S& x) {
#if defined(__AVX512F__)
    asm("" : "+v"(x));
#elif defined(__SSE2_MATH__) || (defined(__SSE2__) && defined(__clang__))
    asm("" : "+x"(x));
#elif defined(__aarch64__)
    asm("" : "+w"(x));
#else
    asm("" : "+m"(x));
#endif
}

/// `kept` for scalars.
template <class S>
ARCHETYPE_INLINE constexpr S kept_scalar(S x) {
#if ARCHETYPE_KEEPS_ROUNDINGS
    if (!std::is_constant_evaluated()) round_here(x);
#endif
    return x;
}

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET
