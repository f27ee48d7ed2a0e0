// SPDX-License-Identifier: BSL-1.0
/// @file patch_functions.hpp
/// Expressions and elementary functions on the four floats of WebAssembly's SIMD128, with the bits that they have one by one, and
/// functions applied to all sums of a patch.
#pragma once
#include <archetype/expression/arithmetic.hpp>
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/vectors/patch_vector.hpp>
#include <concepts>
#include <cstdint>
#include <type_traits>

#if defined(__wasm_simd128__) && !ARCHETYPE_INEXACT_MATH
namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

template <>
struct arithmetic<kernels::detail::patch_vector<float, 4>::native> {
    using V = kernels::detail::patch_vector<float, 4>::native;
    using scalar = float;
    typedef std::int32_t mask __attribute__((vector_size(16)));
    typedef std::uint32_t integer __attribute__((vector_size(16)));
    ARCHETYPE_INLINE static V broadcast(float a) { return V{a, a, a, a}; }
    ARCHETYPE_INLINE static integer broadcast_bits(std::uint32_t a) { return integer{a, a, a, a}; }
    ARCHETYPE_INLINE static V fma(const V& a, const V& b, const V& c) { return a * b + c; }
    ARCHETYPE_INLINE static V select(const mask& m, const V& a, const V& b) {
        return from_bits((reinterpret_cast<const integer&>(m) & bits(a)) |
                         (~reinterpret_cast<const integer&>(m) & bits(b)));
    }
    ARCHETYPE_INLINE static V smaller(const V& a, const V& b) { return select(a < b, a, b); }
    ARCHETYPE_INLINE static V larger(const V& a, const V& b) { return select(a > b, a, b); }
    ARCHETYPE_INLINE static V abs(const V& a) { return from_bits(bits(a) & broadcast_bits(~sign_bit)); }
    ARCHETYPE_INLINE static V copy_sign(const V& magnitude, const V& sign) {
        return from_bits(bits(magnitude) | (bits(sign) & broadcast_bits(sign_bit)));
    }
    ARCHETYPE_INLINE static V square_root(const V& a) { return __builtin_elementwise_sqrt(a); }
    ARCHETYPE_INLINE static integer bits(const V& a) { return reinterpret_cast<integer>(a); }
    ARCHETYPE_INLINE static V from_bits(const integer& a) { return reinterpret_cast<V>(a); }
    ARCHETYPE_INLINE static V scale(const V& a, const V& n) { return scale_in_two_steps(a, n); }

private:
    static constexpr std::uint32_t sign_bit = 0x80000000;
};

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET
#endif

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline constexpr bool patches_have_functions =
#if defined(__wasm_simd128__) && !ARCHETYPE_INEXACT_MATH
    true;
#else
    false;
#endif

/// Applies a function of single numbers, one without a state, to `Count` numbers where they lie.
template <class Function, std::size_t Count, class T>
ARCHETYPE_INLINE void apply_to_patch(T* numbers) {
#if defined(__wasm_simd128__) && !ARCHETYPE_INEXACT_MATH
    if constexpr (std::is_same_v<T, float> && Count % 4 == 0) {
        using vector = patch_vector<float, 4>;
        for (std::size_t k = 0; k < Count; k += 4)
            vector{Function{}(vector::load(numbers + k).value, place{})}.store(numbers + k);
        return;
    }
#endif
    for (std::size_t k = 0; k < Count; ++k) numbers[k] = Function{}(numbers[k], place{});
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
