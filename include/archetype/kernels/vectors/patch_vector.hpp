// SPDX-License-Identifier: BSL-1.0
/// @file patch_vector.hpp
/// Four floats at once where a small target can: WebAssembly's SIMD128 and the vector extension of Cortex-M55 (MVE), by the
/// compilers' own vector types. Elsewhere one number.
#pragma once
#include <archetype/kernels/vectors/lanes.hpp>
#include <cstddef>

#if defined(__wasm_simd128__) || (defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2))
#define ARCHETYPE_HAS_PATCH_VECTORS 1
#else
#define ARCHETYPE_HAS_PATCH_VECTORS 0
#endif

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// `Lanes` numbers that sums are made of.
template <class T, std::size_t Lanes>
struct patch_vector {
    static_assert(Lanes == 1, "no vectors of this kind");
    T value;
    ARCHETYPE_INLINE static patch_vector load(const T* from) { return {*from}; }
    ARCHETYPE_INLINE void store(T* to) const { *to = value; }
    ARCHETYPE_INLINE void add_product(const patch_vector& a, T b) {
#if defined(__FMA__) && \
    !ARCHETYPE_HAS_XSIMD  // a host that stands for a small target: one rounding, wherever it is
        value = multiply_add<T>(a.value, b, value);
#else
        value += a.value * b;
#endif
    }
    ARCHETYPE_INLINE void add_product(const patch_vector& a, const patch_vector& b) {
        add_product(a, b.value);
    }
};

#if ARCHETYPE_HAS_PATCH_VECTORS
template <>
struct patch_vector<float, 4> {
    typedef float native __attribute__((vector_size(16)));
    typedef float anywhere __attribute__((vector_size(16), aligned(4), may_alias));
    native value;
    ARCHETYPE_INLINE static patch_vector load(const float* from) {
        return {*reinterpret_cast<const anywhere*>(from)};
    }
    ARCHETYPE_INLINE void store(float* to) const { *reinterpret_cast<anywhere*>(to) = value; }
#if defined(__ARM_FEATURE_MVE)  // g++ 12 multiplies and adds in two instructions
    ARCHETYPE_INLINE void add_product(const patch_vector& a, float b) {
        asm("vfma.f32 %q0, %q1, %2" : "+w"(value) : "w"(a.value), "r"(b));
    }
    ARCHETYPE_INLINE void add_product(const patch_vector& a, const patch_vector& b) {
        asm("vfma.f32 %q0, %q1, %q2" : "+w"(value) : "w"(a.value), "w"(b.value));
    }
#else
    ARCHETYPE_INLINE void add_product(const patch_vector& a, float b) { value += a.value * b; }
    ARCHETYPE_INLINE void add_product(const patch_vector& a, const patch_vector& b) {
        value += a.value * b.value;
    }
#endif
};
#endif

/// Lanes of the vectors that sums of `T` may use.
template <class T>
inline constexpr std::size_t patch_lanes = 1;
#if ARCHETYPE_HAS_PATCH_VECTORS
template <>
inline constexpr std::size_t patch_lanes<float> = 4;
#endif

/// Vectors of `Lanes` numbers that fit into registers beside one operand of the multiply-add. Targets without
/// floating-point registers keep numbers in a few general ones.
template <std::size_t Lanes>
inline constexpr std::size_t patch_registers =
#if defined(__arm__) && !defined(__ARM_FP)
    8;
#elif defined(__wasm__)
    15;
#else
    Lanes == 1 ? 30 : 7;
#endif

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
