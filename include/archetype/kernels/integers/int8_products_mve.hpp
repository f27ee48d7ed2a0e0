// SPDX-License-Identifier: BSL-1.0
/// @file int8_products_mve.hpp
/// Sums of 8-bit products with the vector extension of Cortex-M55 and M85 (MVE): sixteen at once, summed across the vector.
#pragma once
#include <arm_mve.h>
#include <archetype/kernels/integers/int8_products_scalar.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Order `plain`. Sums need even registers, so there are four of them: of four pixels, or of four filters. The lanes past
/// the end of a run are predicated away: nothing past it is read.
template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void native_int8_products(const std::int8_t* in, const std::int8_t* weights,
                                           std::int32_t* sums) {
    constexpr std::size_t tile = tile_filters(weight_order::plain, Pixels.count);
    constexpr std::size_t some = Pixels.count == 1 ? 4 : Pixels.count == 2 ? 2 : 1, taps = Patch.taps();
    constexpr std::size_t rest = Patch.length % 16;
#pragma GCC unroll 1
    for (std::size_t first = 0; first < tile; first += some) {
        std::int32_t own[Pixels.count][some] = {};
        const std::int8_t* w = weights + first * taps;
        for_runs<Patch>(
            in, [&](const std::int8_t* x) __attribute__((always_inline)) {
                if constexpr (Patch.length >= 16)
#pragma GCC unroll 1
                    for (std::size_t k = 0; k < Patch.length / 16; ++k, x += 16, w += 16)
#pragma GCC unroll 4
                        for (std::size_t f = 0; f < some; ++f) {
                            const int8x16_t weight = vldrbq_s8(w + f * taps);
#pragma GCC unroll 4
                            for (std::size_t p = 0; p < Pixels.count; ++p)
                                own[p][f] = vmladavaq_s8(own[p][f], vldrbq_s8(x + Pixels.offset[p]), weight);
                        }
                if constexpr (rest != 0) {
                    const mve_pred16_t lanes = vctp8q(rest);
#pragma GCC unroll 4
                    for (std::size_t f = 0; f < some; ++f) {
                        const int8x16_t weight = vldrbq_z_s8(w + f * taps, lanes);
#pragma GCC unroll 4
                        for (std::size_t p = 0; p < Pixels.count; ++p)
                            own[p][f] =
                                vmladavaq_s8(own[p][f], vldrbq_z_s8(x + Pixels.offset[p], lanes), weight);
                    }
                    w += rest;
                }
            });
#pragma GCC unroll 4
        for (std::size_t p = 0; p < Pixels.count; ++p)
#pragma GCC unroll 4
            for (std::size_t f = 0; f < some; ++f) sums[p * tile + first + f] = own[p][f];
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
