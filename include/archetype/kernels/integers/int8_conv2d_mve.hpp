// SPDX-License-Identifier: BSL-1.0
/// @file int8_conv2d_mve.hpp
/// Convolutions and dense layers of 8-bit numbers with the vector extension of Cortex-M55 and M85 (MVE): tiles of up to four
/// results and four filters, sixteen products at once, summed across the vector.
#pragma once
#include <arm_mve.h>
#include <archetype/kernels/integers/int8_geometry.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// sums[4 p] += the products of a filter's weights and the patch of pixel p, for `Pixels` of them.
template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void add_products(const std::int8_t* in, const std::int8_t* weights, std::int32_t bias,
                                   std::int32_t* sums) {
    constexpr std::size_t rest = Patch.length % 16, vectors = Patch.length / 16;
    std::int32_t own[Pixels.count];
    for (std::size_t p = 0; p < Pixels.count; ++p) own[p] = bias;
    for_runs<Patch>(
        in, [&](const std::int8_t* run) __attribute__((always_inline)) {
            const std::int8_t* x[Pixels.count];
#pragma GCC unroll 4
            for (std::size_t p = 0; p < Pixels.count; ++p) x[p] = run + Pixels.offset[p];
            const auto take = [&](auto load) __attribute__((always_inline)) {
                const int8x16_t weight = load(weights);
#pragma GCC unroll 4
                for (std::size_t p = 0; p < Pixels.count; ++p) {
                    own[p] = vmladavaq_s8(own[p], load(x[p]), weight);
                    x[p] += 16;
                    if constexpr (vectors + (rest != 0) >
                                  2)  // loads stay where they are, and move their pointers on
                        asm volatile("" : "+r"(x[p])::"memory");
                }
            };
            const auto whole = [](const std::int8_t* from) __attribute__((always_inline)) {
                return vldrbq_s8(from);
            };
            if constexpr (vectors <= 4) {
#pragma GCC unroll 4
                for (std::size_t k = 0; k < vectors; ++k, weights += 16) take(whole);
            } else {
#pragma GCC unroll 1
                for (std::size_t k = 0; k < vectors; ++k, weights += 16) take(whole);
            }
            if constexpr (rest != 0) {
                const mve_pred16_t lanes = vctp8q(rest);
                take([&](const std::int8_t* from)
                         __attribute__((always_inline)) { return vldrbq_z_s8(from, lanes); });
                weights += rest;
            }
        });
#pragma GCC unroll 4
    for (std::size_t p = 0; p < Pixels.count; ++p) sums[4 * p] = own[p];
}

/// Results of four filters from their sums, biases added, [pixel][filter].
template <std::size_t Pixels, bool All>
ARCHETYPE_INLINE void store_four_filters(const std::int32_t* sums, const int8_channel* channels,
                                         const int8_range& range, std::int8_t* const* to, std::size_t f,
                                         mve_pred16_t lanes) {
    const uint32x4_t words = vmulq_n_u32(vidupq_n_u32(0, 1), sizeof(int8_channel));
    const int32x4_t multiplier = vldrwq_gather_offset_s32(&channels->multiplier, words),
                    shift = vldrwq_gather_offset_s32(&channels->shift, words);
    const int32x4_t most = vdupq_n_s32(127), least = vdupq_n_s32(range.minimum);
    const auto store = [&](std::size_t p, int32x4_t x) __attribute__((always_inline)) {
        x = vmaxq_s32(vminq_s32(vaddq_n_s32(x, range.zero_point), most), least);
        if constexpr (All)
            vstrbq_s32(to[p] + f, x);
        else
            vstrbq_p_s32(to[p] + f, x, lanes);
    };
    if (vmaxvq_s32(-1, shift) < 0) [[likely]] {
#pragma GCC unroll 4
        for (std::size_t p = 0; p < Pixels; ++p) {
            const int32x4_t x = vqrdmulhq_s32(vldrwq_s32(sums + 4 * p), multiplier);
            store(p, vrshlq_s32(vaddq_s32(x, vshrq_n_s32(x, 31)), shift));  // halves away from zero
        }
    } else {
        const int32x4_t left = vmaxq_s32(shift, vdupq_n_s32(0)), right = vminq_s32(shift, vdupq_n_s32(0));
#pragma GCC unroll 1
        for (std::size_t p = 0; p < Pixels; ++p) {
            const int32x4_t x = vqrdmulhq_s32(vqshlq_s32(vldrwq_s32(sums + 4 * p), left), multiplier);
            store(p, vrshlq_s32(vaddq_s32(x, vshrq_n_s32(vandq_s32(x, right), 31)), right));
        }
    }
}

/// As `int8_conv2d`, without pooling and the table: the weights of all filters for one tile of results after the other.
template <int8_conv2d_geometry G>
void convolve_in_tiles(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
    constexpr int8_pixels pixels = G.pixels();
    constexpr int8_patch patch = G.patch();
    constexpr std::size_t filters = G.conv.group_filters(), taps = patch.taps();
    constexpr bool collects = G.collects_patches(weight_order::plain);
    constexpr std::size_t distance = G.collected_distance(taps);
    constexpr int8_patch seen = G.packed_patch(weight_order::plain);
    constexpr int8_pixels seen_pixels = G.packed_pixels(weight_order::plain);
    const int8_range range = weights.range;
    for (std::size_t group = 0; group < G.conv.groups; ++group)
        for (std::size_t line = 0; line < G.lines(); ++line)
            for (std::size_t at = 0; at < G.length(); at += pixels.count) {
                // The last tile of a line begins earlier, and computes some results again.
                const std::size_t place = at + pixels.count <= G.length() ? at : G.length() - pixels.count;
                const std::int8_t* x =
                    in + first_tap(G.conv) + G.in_offset(line, place) + group * G.conv.group_inputs();
                std::int8_t* to[pixels.count];
                for (std::size_t p = 0; p < pixels.count; ++p)
                    to[p] = out + G.out_offset(line, place + p) + group * filters;
                std::int8_t collected[collects ? pixels.count * distance : 1];
                if constexpr (collects) {
                    collect_patches<patch, pixels, distance>(x, collected);
                    x = collected;
                }
                const std::int8_t* packed = weights.packed + group * G.group_bytes(weight_order::plain);
                const int8_channel* channels = weights.channels + group * G.padded_group(weight_order::plain);
#pragma GCC unroll 1
                for (std::size_t f = 0; f < filters; f += 4, channels += 4) {
                    std::int32_t sums[4 * pixels.count];
#pragma GCC unroll 1
                    for (std::size_t i = 0; i < 4; ++i, packed += taps)
                        add_products<seen, seen_pixels>(x, packed, channels[i].bias, sums + i);
                    store_four_filters<pixels.count, filters % 4 == 0>(sums, channels, range, to, f,
                                                                       vctp32q(filters - f));
                }
            }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
