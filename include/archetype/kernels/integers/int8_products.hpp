// SPDX-License-Identifier: BSL-1.0
/// @file int8_products.hpp
/// Sums of products of 8-bit numbers, the part of 8-bit inference that processors differ in. One interface:
///
///     int8_products<Order, Patch, Pixels>(in, weights, sums);
///
/// sets sums[p * tile + f] to the sum over the patch of input[offset[p] + tap] * filter f's weight[tap], for the
/// `tile_filters` filters whose packed weights begin at `weights`. All are exact, so results do not depend on the target.
/// `ARCHETYPE_SCALAR` is about vectors of real numbers and changes nothing here.
#pragma once
#include <archetype/kernels/integers/int8_products_scalar.hpp>

#if defined(__ARM_FEATURE_MVE)
#include <archetype/kernels/integers/int8_products_mve.hpp>
#elif defined(__aarch64__)
#include <archetype/kernels/integers/int8_products_neon.hpp>
#elif defined(__ARM_FEATURE_DSP)
#include <archetype/kernels/integers/int8_products_dsp.hpp>
#elif defined(__AVX2__)
#include <archetype/kernels/integers/int8_products_x86.hpp>
#endif

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

template <weight_order Order, int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void int8_products(const std::int8_t* in, const std::int8_t* weights, std::int32_t* sums) {
    static_assert(
        Order == native_weight_order || Order == weight_order::plain,
        "archetype: the weights are packed for another processor; write them with the order of this one "
        "(native_weight_order) or weight_order::plain");
#if defined(__ARM_FEATURE_MVE) || defined(__aarch64__) || defined(__ARM_FEATURE_DSP) || defined(__AVX2__)
    if constexpr (Order == native_weight_order) {
        native_int8_products<Patch, Pixels>(in, weights, sums);
        return;
    }
#endif
    scalar_int8_products<Patch, Pixels>(in, weights, sums);
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
