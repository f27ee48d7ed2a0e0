// SPDX-License-Identifier: BSL-1.0
/// @file int8_products_neon.hpp
/// Sums of 8-bit products on AArch64, sixteen at once: by the dot product where the processor has it
/// (`-march=armv8.2-a+dotprod`), else by widening products.
#pragma once
#include <arm_neon.h>
#include <archetype/kernels/integers/int8_products_scalar.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

ARCHETYPE_INLINE int32x4_t add_products(int32x4_t sum, int8x16_t a, int8x16_t b) {
#if defined(__ARM_FEATURE_DOTPROD)
    return vdotq_s32(sum, a, b);
#else
    sum = vpadalq_s16(sum, vmull_s8(vget_low_s8(a), vget_low_s8(b)));
    return vpadalq_s16(sum, vmull_high_s8(a, b));
#endif
}

/// The `Count` bytes at `from`, fewer than 16, and zeros.
template <std::size_t Count>
ARCHETYPE_INLINE int8x16_t load_some(const std::int8_t* from) {
    std::int8_t bytes[16] = {};
    __builtin_memcpy(bytes, from, Count);
    return vld1q_s8(bytes);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Order `plain`: four filters and the pixels in registers, sums across vectors at the end.
template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void native_int8_products(const std::int8_t* in, const std::int8_t* weights,
                                           std::int32_t* sums) {
    constexpr std::size_t tile = tile_filters(weight_order::plain, Pixels.count), taps = Patch.taps();
    constexpr std::size_t rest = Patch.length % 16;
    int32x4_t own[Pixels.count][tile];
    for (auto& pixel : own)
        for (int32x4_t& sum : pixel) sum = vdupq_n_s32(0);
    for_runs<Patch>(
        in, [&](const std::int8_t* x) __attribute__((always_inline)) {
            const auto step = [&](auto load) __attribute__((always_inline)) {
                int8x16_t weight[tile];
                for (std::size_t f = 0; f < tile; ++f) weight[f] = load(weights + f * taps);
                for (std::size_t p = 0; p < Pixels.count; ++p) {
                    const int8x16_t value = load(x + Pixels.offset[p]);
                    for (std::size_t f = 0; f < tile; ++f)
                        own[p][f] = detail::add_products(own[p][f], value, weight[f]);
                }
            };
            for (std::size_t k = 0; k + 16 <= Patch.length; k += 16, x += 16, weights += 16)
                step([](const std::int8_t* from) { return vld1q_s8(from); });
            if constexpr (rest != 0) {
                step(detail::load_some<rest>);
                weights += rest;
            }
        });
    for (std::size_t p = 0; p < Pixels.count; ++p)
        for (std::size_t f = 0; f < tile; ++f) sums[p * tile + f] = vaddvq_s32(own[p][f]);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
