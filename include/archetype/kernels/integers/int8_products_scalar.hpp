// SPDX-License-Identifier: BSL-1.0
/// @file int8_products_scalar.hpp
/// Sums of 8-bit products in plain C++, and the walk over the runs of a patch that all targets share.
#pragma once
#include <archetype/kernels/integers/int8_order.hpp>
#include <archetype/kernels/vectors/lanes.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// Calls `body(run)` with the begin of each run of a patch.
template <int8_patch Patch, class Body>
ARCHETYPE_INLINE void for_runs(const std::int8_t* in, const Body& body) {
    if constexpr (Patch.runs() == 1) {
        body(in);
    } else {
#pragma GCC unroll 1
        for (std::size_t y = 0; y < Patch.rows; ++y) {
            if constexpr (Patch.columns == 1) {
                body(in + y * Patch.row_stride);
            } else {
#pragma GCC unroll 1
                for (std::size_t x = 0; x < Patch.columns; ++x)
                    body(in + y * Patch.row_stride + x * Patch.column_stride);
            }
        }
    }
}

/// Order `plain`: with several pixels two filters share what is loaded, with one pixel four do.
template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void scalar_int8_products(const std::int8_t* in, const std::int8_t* weights,
                                           std::int32_t* sums) {
    constexpr std::size_t tile = tile_filters(weight_order::plain, Pixels.count);
    constexpr std::size_t some = Pixels.count > 2 ? 2 : 4, taps = Patch.taps();
#pragma GCC unroll 1
    for (std::size_t first = 0; first < tile; first += some) {
        std::int32_t own[Pixels.count][some] = {};
        const std::int8_t* w = weights + first * taps;
        for_runs<Patch>(
            in, [&](const std::int8_t* x) __attribute__((always_inline)) {
#pragma GCC unroll 4
                for (std::size_t k = 0; k < Patch.length; ++k, ++x, ++w) {
                    std::int32_t weight[some];
#pragma GCC unroll 4
                    for (std::size_t f = 0; f < some; ++f) weight[f] = w[f * taps];
#pragma GCC unroll 4
                    for (std::size_t p = 0; p < Pixels.count; ++p) {
                        const std::int32_t value = x[Pixels.offset[p]];
#pragma GCC unroll 4
                        for (std::size_t f = 0; f < some; ++f) own[p][f] += value * weight[f];
                    }
                }
            });
#pragma GCC unroll 4
        for (std::size_t p = 0; p < Pixels.count; ++p)
#pragma GCC unroll 4
            for (std::size_t f = 0; f < some; ++f) sums[p * tile + first + f] = own[p][f];
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
