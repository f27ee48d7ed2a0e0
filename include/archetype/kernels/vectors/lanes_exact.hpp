// SPDX-License-Identifier: BSL-1.0
/// @file lanes_exact.hpp
/// Division, square root and the test for NaN on vectors, as exact as on scalars whatever the target and the flags:
/// xsimd divides floats by estimates on AArch64, compilers do on x86 under `-ffast-math`.
#pragma once
#include <archetype/expression/ieee.hpp>
#include <archetype/kernels/vectors/lanes.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

#if ARCHETYPE_HAS_XSIMD
}  // namespace archetype::kernels

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether compilers may replace the division of vectors of floats by an estimate.
inline constexpr bool estimates_quotients = ARCHETYPE_INEXACT_MATH;

#if defined(__SSE2__)
#if defined(__AVX__)
#define ARCHETYPE_BINARY(name) "v" name " %2, %1, %0"
#define ARCHETYPE_UNARY(name) "v" name " %1, %0"
#else
#define ARCHETYPE_BINARY(name) name " %2, %0"
#define ARCHETYPE_UNARY(name) name " %1, %0"
#endif
template <class R>
ARCHETYPE_INLINE R divide_registers(const R& a, const R& b) {
    R result;
#if defined(__AVX512F__)
    asm(ARCHETYPE_BINARY("divps") : "=v"(result) : "v"(a), "v"(b));
#elif defined(__AVX__)
    asm(ARCHETYPE_BINARY("divps") : "=x"(result) : "x"(a), "x"(b));
#else
    asm(ARCHETYPE_BINARY("divps") : "=x"(result) : "0"(a), "x"(b));
#endif
    return result;
}
template <class R>
ARCHETYPE_INLINE R root_of_register(const R& a) {
    R result;
#if defined(__AVX512F__)
    asm(ARCHETYPE_UNARY("sqrtps") : "=v"(result) : "v"(a));
#else
    asm(ARCHETYPE_UNARY("sqrtps") : "=x"(result) : "x"(a));
#endif
    return result;
}
#undef ARCHETYPE_BINARY
#undef ARCHETYPE_UNARY
#endif

/// a / b on a vector of xsimd, of any of its architectures.
template <class S, class Architecture>
ARCHETYPE_INLINE xsimd::batch<S, Architecture> divide_batch(const xsimd::batch<S, Architecture>& a,
                                                            const xsimd::batch<S, Architecture>& b) {
    using V = xsimd::batch<S, Architecture>;
    if constexpr (std::is_same_v<S, float>) {
#if defined(__SSE2__)
        if constexpr (estimates_quotients) return V(divide_registers(a.data, b.data));
#elif defined(__aarch64__)
        if constexpr (sizeof(V) == 16) return V(vdivq_f32(a, b));
#else
        S x[V::size], y[V::size];
        a.store_unaligned(x), b.store_unaligned(y);
        for (std::size_t i = 0; i < V::size; ++i) x[i] = x[i] / y[i];
        return V::load_unaligned(x);
#endif
    }
    V result = a / b;
#if ARCHETYPE_KEEPS_ROUNDINGS
    expression::detail::round_here(result.data);  // not (c * a) / b for c * (a / b)
#endif
    return result;
}

/// The square root of a vector of xsimd, of any of its architectures.
template <class S, class Architecture>
ARCHETYPE_INLINE xsimd::batch<S, Architecture> root_of_batch(const xsimd::batch<S, Architecture>& a) {
    using V = xsimd::batch<S, Architecture>;
    if constexpr (std::is_same_v<S, float>) {
#if defined(__SSE2__)
        if constexpr (estimates_quotients) return V(root_of_register(a.data));
#elif defined(__aarch64__)
        if constexpr (sizeof(V) == 16) return V(vsqrtq_f32(a));
#else
        S x[V::size];
        a.store_unaligned(x);
        for (S& each : x) each = __builtin_sqrtf(each);
        return V::load_unaligned(x);
#endif
    }
    return xsimd::sqrt(a);
}

#if ARCHETYPE_FINITE_MATH
/// Marks the elements of a register that are NaN, by the processor: compilers would decide that none is.
template <class S, class M, class R>
ARCHETYPE_INLINE void mark_unordered(M& mask, const R& a) {
#if defined(__AVX512F__)
    if constexpr (sizeof(R) == 64 && sizeof(S) == 4)
        asm("vcmpunordps %1, %1, %0" : "=k"(mask) : "v"(a));
    else if constexpr (sizeof(R) == 64)
        asm("vcmpunordpd %1, %1, %0" : "=k"(mask) : "v"(a));
    else
#endif
#if defined(__AVX__)
        if constexpr (sizeof(S) == 4)
        asm("vcmpunordps %1, %1, %0" : "=x"(mask) : "x"(a));
    else
        asm("vcmpunordpd %1, %1, %0" : "=x"(mask) : "x"(a));
#elif defined(__SSE2__)
    R result = a;
    if constexpr (sizeof(S) == 4)
        asm("cmpunordps %0, %0" : "+x"(result));
    else
        asm("cmpunordpd %0, %0" : "+x"(result));
    __builtin_memcpy(&mask, &result, sizeof mask);
#elif defined(__aarch64__)
    if constexpr (sizeof(S) == 4)
        asm("fcmeq %0.4s, %1.4s, %1.4s\n\tmvn %0.16b, %0.16b" : "=w"(mask) : "w"(a));
    else
        asm("fcmeq %0.2d, %1.2d, %1.2d\n\tmvn %0.16b, %0.16b" : "=w"(mask) : "w"(a));
#endif
}
#endif

/// The elements of a vector of xsimd that are NaN.
template <class S, class Architecture>
ARCHETYPE_INLINE xsimd::batch_bool<S, Architecture> nan_of_batch(const xsimd::batch<S, Architecture>& a) {
#if ARCHETYPE_FINITE_MATH && (defined(__SSE2__) || defined(__aarch64__))
    xsimd::batch_bool<S, Architecture> result = a == a;
    detail::mark_unordered<S>(result.data, a.data);
    return result;
#else
    return xsimd::isnan(a);
#endif
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {
#endif

/// a / b, correctly rounded.
template <class T>
ARCHETYPE_INLINE lanes<T> divide(const lanes<T>& a, const lanes<T>& b) {
#if ARCHETYPE_HAS_XSIMD
    return detail::divide_batch(a, b);
#elif ARCHETYPE_INEXACT_MATH
    return expression::detail::kept_scalar(T(a / expression::detail::kept_scalar(b)));
#else
    return a / b;
#endif
}

/// True where the element is NaN. (`value != value` is not: xsimd 8 compares with an ordered predicate on AVX-512.)
template <class T>
ARCHETYPE_INLINE auto is_nan(const lanes<T>& value) {
#if ARCHETYPE_HAS_XSIMD
    return detail::nan_of_batch(value);
#else
    return expression::is_nan(value);
#endif
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
