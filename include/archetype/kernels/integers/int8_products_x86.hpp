// SPDX-License-Identifier: BSL-1.0
/// @file int8_products_x86.hpp
/// Sums of 8-bit products on x86: sixteen filters in lanes, four taps in each. AVX-512 VNNI multiplies unsigned with signed
/// bytes, so the input is moved by 128, which the packed weights begin to make good for. AVX2 widens to 16 bits: its own
/// 8-bit product saturates. For layers of which a single result needs more of the input than is collected at once; all others
/// are computed in tiles (int8_conv2d_x86.hpp).
#pragma once
#include <archetype/kernels/integers/int8_products_scalar.hpp>
#include <archetype/kernels/integers/intrinsics_x86.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Four bytes; up to three of them past the end of a run, where the weights are zero.
ARCHETYPE_INLINE std::int32_t four_taps(const std::int8_t* from) {
    std::int32_t word;
    __builtin_memcpy(&word, from, 4);
    return word;
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

#if defined(__AVX512VNNI__) && defined(__AVX512F__)

template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void native_int8_products(const std::int8_t* in, const std::int8_t* weights,
                                           std::int32_t* sums) {
    __m512i own[Pixels.count];
    for (std::size_t p = 0; p < Pixels.count; ++p) own[p] = _mm512_loadu_si512(weights);
    weights += 64;
    const __m512i moved = _mm512_set1_epi32(static_cast<std::int32_t>(0x80808080u));
    for_runs<Patch>(
        in, [&](const std::int8_t* x) __attribute__((always_inline)) {
            for (std::size_t k = 0; k < Patch.length; k += 4, weights += 64) {
                const __m512i weight = _mm512_loadu_si512(weights);
                for (std::size_t p = 0; p < Pixels.count; ++p)
                    own[p] = _mm512_dpbusd_epi32(
                        own[p],
                        _mm512_xor_si512(_mm512_set1_epi32(detail::four_taps(x + Pixels.offset[p] + k)),
                                         moved),
                        weight);
            }
        });
    for (std::size_t p = 0; p < Pixels.count; ++p) _mm512_storeu_si512(sums + 16 * p, own[p]);
}

#else

template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void native_int8_products(const std::int8_t* in, const std::int8_t* weights,
                                           std::int32_t* sums) {
    for (std::size_t p = 0; p < Pixels.count; ++p) {
        __m256i own[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                          _mm256_setzero_si256()};  // two halves of four filters each
        const std::int8_t* w = weights + 64;
        for_runs<Patch>(
            in + Pixels.offset[p], [&](const std::int8_t* x) __attribute__((always_inline)) {
                for (std::size_t k = 0; k < Patch.length; k += 4, w += 64) {
                    const __m256i value = _mm256_cvtepi8_epi16(_mm_set1_epi32(detail::four_taps(x + k)));
                    for (std::size_t i = 0; i < 4; ++i) {
                        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w + 16 * i));
                        own[i] =
                            _mm256_add_epi32(own[i], _mm256_madd_epi16(value, _mm256_cvtepi8_epi16(bytes)));
                    }
                }
            });
        for (std::size_t i = 0; i < 4; i += 2) {
            const __m256i pairs = _mm256_hadd_epi32(own[i], own[i + 1]);
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + 16 * p + 4 * i),
                                _mm256_permute4x64_epi64(pairs, 0b11'01'10'00));
        }
    }
}

#endif

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
