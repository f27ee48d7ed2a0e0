// SPDX-License-Identifier: BSL-1.0
/// @file lanes.hpp
/// The SIMD vocabulary of every kernel: one vector of `T`, and the few operations kernels need on it.
/// `lanes<T>` is `xsimd::batch<T>` where xsimd is installed and has a backend for the target, and plain `T` elsewhere
/// (Cortex-M, RISC-V, freestanding programs), so that a kernel written once serves both. No macro is needed for that;
/// `ARCHETYPE_SCALAR` is for tests that want plain `T` on any machine.
#pragma once
#include <archetype/instruction_set.hpp>

#include <cstddef>

#if ARCHETYPE_HAS_XSIMD
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // false, inside g++ 12's AVX-512 intrinsics
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <xsimd/xsimd.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#endif

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

#if ARCHETYPE_HAS_XSIMD
/// One SIMD vector of `T`.
template <class T>
using lanes = xsimd::batch<T>;
/// Elements in one vector of `T`: 16 floats on AVX-512, 8 on AVX2, 4 on SSE2 and NEON, 1 without SIMD.
template <class T>
inline constexpr std::size_t lane_count = lanes<T>::size;
#else
template <class T>
using lanes = T;
template <class T>
inline constexpr std::size_t lane_count = 1;
#endif

/// Whether kernels are made of many lanes; otherwise inference sums patches of results (conv2d_patches.hpp).
inline constexpr bool has_many_lanes = ARCHETYPE_HAS_XSIMD;

/// Loads `lane_count<T>` elements; no alignment is assumed.
template <class T>
ARCHETYPE_INLINE lanes<T> load(const T* from) {
#if ARCHETYPE_HAS_XSIMD
    return lanes<T>::load_unaligned(from);
#else
    return *from;
#endif
}

/// Stores `lane_count<T>` elements; no alignment is assumed.
template <class T>
ARCHETYPE_INLINE void store(T* to, const lanes<T>& value) {
#if ARCHETYPE_HAS_XSIMD
    value.store_unaligned(to);
#else
    *to = value;
#endif
}

/// Stores the first `count` elements only (0 to `lane_count<T>`).
template <class T>
ARCHETYPE_INLINE void store_partial(T* to, const lanes<T>& value, std::size_t count) {
#if ARCHETYPE_HAS_XSIMD
    if (count >= lane_count<T>) return store(to, value);
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        return _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1u), value);
    else if constexpr (sizeof(T) == 8)
        return _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1u << count) - 1u), value);
#endif
    T buffer[lane_count<T>];
    value.store_unaligned(buffer);
    for (std::size_t part = lane_count<T> / 2, done = 0; part != 0; part /= 2)
        if ((count & part) != 0) {
            __builtin_memcpy(to + done, buffer + done, part * sizeof(T));
            done += part;
        }
#else
    if (count != 0) *to = value;
#endif
}

/// Loads the first `count` elements, the rest are zero; reads nothing beyond them.
template <class T>
ARCHETYPE_INLINE lanes<T> load_partial(const T* from, std::size_t count) {
#if ARCHETYPE_HAS_XSIMD
    if (count >= lane_count<T>) return load(from);
    T buffer[lane_count<T>] = {};
    __builtin_memcpy(buffer, from, count * sizeof(T));
    return lanes<T>::load_unaligned(buffer);
#else
    return count != 0 ? *from : T{};
#endif
}

/// The same value in every element.
template <class T>
ARCHETYPE_INLINE lanes<T> broadcast(T value) {
    return lanes<T>(value);
}

/// The target multiplies and adds numbers of this type in one instruction. Macros are those of compilers; clang++ defines
/// GCC's for a few targets only.
template <class T>
inline constexpr bool fuses =
#if defined(__FMA__) || defined(__aarch64__)
    true;
#elif defined(__riscv_flen)
    sizeof(T) * 8 <= __riscv_flen;
#elif defined(__FP_FAST_FMA)
    true;
#elif defined(__FP_FAST_FMAF) || defined(__ARM_FEATURE_FMA)
    sizeof(T) == sizeof(float);
#else
    false;
#endif

/// a * b + c, in one rounding where the target can.
template <class T>
ARCHETYPE_INLINE lanes<T> multiply_add(const lanes<T>& a, const lanes<T>& b, const lanes<T>& c) {
#if ARCHETYPE_HAS_XSIMD
#if defined(__AVX512F__)  // xsimd 8.1 multiplies and adds there, and clang++ keeps both roundings
    if constexpr (sizeof(lanes<T>) == 64) {
        if constexpr (sizeof(T) == 4)
            return _mm512_fmadd_ps(a, b, c);
        else
            return _mm512_fmadd_pd(a, b, c);
    }
#endif
    return xsimd::fma(a, b, c);
#else
    // Asked for by name: left to themselves, compilers round the products in some forms of a loop and not in others (g++ for
    // Cortex-M55 at -O3 in the vectors, clang++ for RISC-V at -Os), and a stream's bits would depend on its blocks.
    if constexpr (fuses<T> && sizeof(T) == sizeof(float)) return __builtin_fmaf(a, b, c);
    if constexpr (fuses<T> && sizeof(T) == sizeof(double)) return __builtin_fma(a, b, c);
    return a * b + c;
#endif
}

/// Keeps a value that is used several times in a register; g++ would load it anew as the operand of each use.
template <class T>
ARCHETYPE_INLINE void pin([[maybe_unused]] lanes<T>& value) {
#if ARCHETYPE_HAS_XSIMD && defined(__AVX512F__) && !defined(__clang__)
    asm("" : "+v"(value.data));
#elif ARCHETYPE_HAS_XSIMD && defined(__SSE2__) && !defined(__clang__)
    asm("" : "+x"(value.data));
#endif
}

/// In a loop over single elements: keeps compilers from making it a call of `memcpy` or `memset`, which small targets
/// lack or have in a slow form.
template <class T>
ARCHETYPE_INLINE void keep_loop([[maybe_unused]] T*& at) {
    if constexpr (!has_many_lanes) asm("" : "+r"(at));
}

/// Sum of the elements.
template <class T>
ARCHETYPE_INLINE T sum(const lanes<T>& value) {
#if ARCHETYPE_HAS_XSIMD
    if constexpr (requires { reduce_add(value); })
        return reduce_add(value);
    else
        return hadd(value);  // its name in xsimd 8
#else
    return value;
#endif
}

/// The sum of a[c] b[c], c < Depth, lane by lane, then over the lanes.
template <std::size_t Depth, class T>
ARCHETYPE_INLINE T sum_of_products(const T* a, const T* b) {
    constexpr std::size_t width = lane_count<T>, whole = Depth / width * width;
    lanes<T> total = broadcast(T{});
    for (std::size_t c = 0; c < whole; c += width) total = multiply_add<T>(load(a + c), load(b + c), total);
    if constexpr (whole != Depth)
        total = multiply_add<T>(load_partial(a + whole, Depth - whole),
                                load_partial(b + whole, Depth - whole), total);
    return sum<T>(total);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
