// SPDX-License-Identifier: BSL-1.0
/// @file lanes_arithmetic.hpp
/// Lets expressions and elementary functions run on SIMD vectors: `expression::arithmetic` of `xsimd::batch`.
#pragma once
#include <archetype/expression/arithmetic.hpp>
#include <archetype/kernels/vectors/lanes_exact.hpp>

#if ARCHETYPE_HAS_XSIMD
namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// Any vector of `float` or `double`, of any architecture of xsimd (8.1 and newer).
template <class S, class Architecture>
requires(std::is_same_v<S, float> ||
         std::is_same_v<S, double>) struct arithmetic<xsimd::batch<S, Architecture>> {
    using V = xsimd::batch<S, Architecture>;
    using scalar = S;
    using mask = xsimd::batch_bool<S, Architecture>;
    using word = typename format<S>::word;
    using integer = xsimd::batch<word, Architecture>;
    static constexpr word sign_bit = ~(~word{} >> 1);

    ARCHETYPE_INLINE static V broadcast(S a) { return V(a); }
    ARCHETYPE_INLINE static integer broadcast_bits(word a) { return integer(a); }
    /// Fused wherever the target can: xsimd 8.1 has no fused form for AVX-512 and for floats on AArch64.
    ARCHETYPE_INLINE static V fma(const V& a, const V& b, const V& c) {
#if defined(__AVX512F__)
        if constexpr (sizeof(V) == 64) {
            if constexpr (sizeof(S) == 4)
                return V(_mm512_fmadd_ps(a, b, c));
            else
                return V(_mm512_fmadd_pd(a, b, c));
        } else
#elif defined(__aarch64__)
        if constexpr (std::is_same_v<S, float> && sizeof(V) == 16)
            return V(vfmaq_f32(c, a, b));
        else
#endif
            return rounded_sum(a, b, c);
    }
    /// Without an instruction for it the product and the sum may be rewritten, unless kept apart.
    ARCHETYPE_INLINE static V rounded_sum(const V& a, const V& b, const V& c) {
#if ARCHETYPE_KEEPS_ROUNDINGS && defined(__SSE2__) && !defined(__FMA__)
        return kept(V(a * b + kept(c)));
#else
        return xsimd::fma(a, b, c);
#endif
    }
    ARCHETYPE_INLINE static V select(const mask& m, const V& a, const V& b) { return xsimd::select(m, a, b); }
    /// As on x86 everywhere: AArch64's instructions would give NaN for a NaN in a too, and order the zeros.
    ARCHETYPE_INLINE static V smaller(const V& a, const V& b) {
#if defined(__aarch64__)
        return with_nan_of(b, xsimd::select(a < b, a, b));
#else
        return with_nan_of(b, xsimd::min(a, b));
#endif
    }
    ARCHETYPE_INLINE static V larger(const V& a, const V& b) {
#if defined(__aarch64__)
        return with_nan_of(b, xsimd::select(a > b, a, b));
#else
        return with_nan_of(b, xsimd::max(a, b));
#endif
    }
    ARCHETYPE_INLINE static mask nan_mask(const V& a) { return kernels::detail::nan_of_batch(a); }
    ARCHETYPE_INLINE static V kept(const V& a) {
        V copy = a;
#if ARCHETYPE_KEEPS_ROUNDINGS
        detail::round_here(copy.data);
#endif
        return copy;
    }
    ARCHETYPE_INLINE static V quotient(const V& a, const V& b) { return kernels::detail::divide_batch(a, b); }
    ARCHETYPE_INLINE static V abs(const V& a) { return xsimd::abs(a); }
    ARCHETYPE_INLINE static V copy_sign(const V& magnitude, const V& sign) {
        return magnitude | (sign & broadcast(S(-0.0)));
    }
    ARCHETYPE_INLINE static V square_root(const V& a) { return kernels::detail::root_of_batch(a); }
    ARCHETYPE_INLINE static integer bits(const V& a) {
#if XSIMD_VERSION_MAJOR < 11
        return xsimd::bitwise_cast<integer>(a);
#else
        return xsimd::bitwise_cast<word>(a);
#endif
    }
    ARCHETYPE_INLINE static V from_bits(const integer& a) {
#if XSIMD_VERSION_MAJOR < 11
        return xsimd::bitwise_cast<V>(a);
#else
        return xsimd::bitwise_cast<S>(a);
#endif
    }
    ARCHETYPE_INLINE static V scale(const V& a, const V& n) {
#if defined(__AVX512F__)
        if constexpr (sizeof(V) == 64) {
            // the masked form keeps g++ 12 from warning about the undefined source of the unmasked one
            if constexpr (sizeof(S) == 4)
                return V(_mm512_maskz_scalef_ps(static_cast<__mmask16>(-1), a, n));
            else
                return V(_mm512_maskz_scalef_pd(static_cast<__mmask8>(-1), a, n));
        } else
#endif
            return scale_in_two_steps(a, n);
    }
};

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET
#endif
