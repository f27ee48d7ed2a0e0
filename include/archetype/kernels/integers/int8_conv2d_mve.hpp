// SPDX-License-Identifier: BSL-1.0
/// @file int8_conv2d_mve.hpp
/// Convolutions and dense layers of 8-bit numbers with the vector extension of Cortex-M55 and M85 (MVE): tiles of up to four
/// results and four filters, sixteen products at once, summed across the vector.
#pragma once
#include <arm_mve.h>
#include <archetype/kernels/integers/int8_geometry.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Patches that are one short run are read by distances from where they begin.
template <int8_patch Patch>
inline constexpr bool keeps_pointers = Patch.runs() == 1 && Patch.length / 16 <= 4;

/// The sums of a filter's weights and the patches of the pixels.
/// @param x  where the patches begin, if it keeps pointers
template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE void sum_products(const std::int8_t* in, const std::int8_t* (&x)[Pixels.count],
                                   const std::int8_t* weights, std::int32_t (&own)[Pixels.count]) {
    constexpr std::size_t rest = Patch.length % 16, vectors = Patch.length / 16;
    constexpr bool by_offsets = vectors <= 4;
    constexpr bool begins = Patch.runs() == 1 && by_offsets;  // what is first needs no sum before it
    if constexpr (!begins)
        for (std::size_t p = 0; p < Pixels.count; ++p) own[p] = 0;
    for_runs<Patch>(
        in, [&]([[maybe_unused]] const std::int8_t* run) __attribute__((always_inline)) {
            if constexpr (!keeps_pointers<Patch>)
#pragma GCC unroll 4
                for (std::size_t p = 0; p < Pixels.count; ++p) x[p] = run + Pixels.offset[p];
            const auto take = [&](auto load, std::size_t k, bool first) __attribute__((always_inline)) {
                const std::size_t at = by_offsets ? 16 * k : 0;
                const int8x16_t weight = load(weights + at);
#pragma GCC unroll 4
                for (std::size_t p = 0; p < Pixels.count; ++p) {
                    own[p] = first ? vmladavq_s8(load(x[p] + at), weight)
                                   : vmladavaq_s8(own[p], load(x[p] + at), weight);
                    if constexpr (!by_offsets) x[p] += 16;
                    // Loads stay where they are: compilers move them into registers that there are not.
                    if constexpr (vectors + (rest != 0) > 2) asm volatile("" : "+r"(x[p])::"memory");
                }
            };
            const auto whole = [](const std::int8_t* from) __attribute__((always_inline)) {
                return vldrbq_s8(from);
            };
            if constexpr (by_offsets) {
#pragma GCC unroll 4
                for (std::size_t k = 0; k < vectors; ++k) take(whole, k, begins && k == 0);
            } else {
#pragma GCC unroll 1
                for (std::size_t k = 0; k < vectors; ++k, weights += 16) take(whole, k, false);
            }
            if constexpr (rest != 0) {
                const mve_pred16_t lanes = vctp8q(rest);
                take(
                    [&](const std::int8_t* from)
                        __attribute__((always_inline)) { return vldrbq_z_s8(from, lanes); },
                    vectors, begins && vectors == 0);
            }
            weights += by_offsets ? Patch.length : rest;
        });
}

/// Four sums as a vector (of two registers VMOV puts the first into the lane named last); missing ones are what they are.
template <std::size_t Count>
ARCHETYPE_INLINE int32x4_t sums_as_vector(const std::int32_t (&sums)[Count]) {
    int32x4_t x;
    asm("vmov %q0[2], %q0[0], %1, %2\n\tvmov %q0[3], %q0[1], %3, %4"
        : "=&w"(x)
        : "r"(sums[0]), "r"(sums[Count > 2 ? 2 : 0]), "r"(sums[Count > 1 ? 1 : 0]), "r"(sums[Count - 1]));
    return x;
}

/// Results of four filters for up to four pixels: lane p holds those of pixel p, as they lie in memory.
template <int8_patch Patch, int8_pixels Pixels>
ARCHETYPE_INLINE int32x4_t four_filters(const std::int8_t* in, const std::int8_t* weights,
                                        const int8_channel* channels, const int8_range& range) {
    std::int32_t scaled[16];
    const std::int8_t* patches[Pixels.count];
#pragma GCC unroll 4
    for (std::size_t p = 0; p < Pixels.count; ++p) patches[p] = in + Pixels.offset[p];
    std::int32_t* to = scaled;
    std::size_t left = 4;
    asm("" : "+r"(left));  // counted: compilers look for the end of what is stored
    for (; left != 0; --left, weights += Patch.taps(), to += 4, ++channels) {
        std::int32_t own[Pixels.count];
        sum_products<Patch, Pixels>(in, patches, weights, own);
        const int8_channel channel = *channels;
        int32x4_t x = vaddq_n_s32(sums_as_vector(own), channel.bias);
        if (channel.shift < 0) [[likely]] {
            x = rounded_product(x, channel.multiplier, channel.shift);
        } else {
            x = vqrdmulhq_n_s32(vqshlq_r_s32(x, channel.shift), channel.multiplier);
        }
        vstrwq_s32(to, x);
    }
    // Narrowed with saturation, neighbouring filters side by side.
    const std::int32_t* from = scaled;
    asm("" : "+r"(from)::"memory");  // one pointer for all
    const auto narrowed = [&](std::size_t filter) __attribute__((always_inline)) {
        int32x4_t x = vldrwq_s32(from + 4 * filter);
        asm("vqmovnb.s32 %q0, %q0" : "+w"(x));  // in place
        const auto both = vqmovntq_s32(vreinterpretq_s16_s32(x), vldrwq_s32(from + 4 * filter + 8));
        return vqaddq_n_s16(both, static_cast<std::int16_t>(range.zero_point));
    };
    int16x8_t even = narrowed(0);
    const int16x8_t odd = narrowed(1);
    asm("vqmovnb.s16 %q0, %q0" : "+w"(even));
    const int8x16_t all = vqmovntq_s16(vreinterpretq_s8_s16(even), odd);
    return vreinterpretq_s32_s8(
        vmaxq_s8(all, vdupq_n_s8(static_cast<std::int8_t>(range.minimum < -128 ? -128 : range.minimum))));
}

/// The results of up to four pixels for the filters from f on.
template <std::size_t Pixels, bool All>
ARCHETYPE_INLINE void store_four_filters(int32x4_t results, std::int8_t* const* to, std::size_t f,
                                         std::size_t left) {
    std::int32_t words[4];
    asm("vmov %0, %1, %q4[2], %q4[0]\n\tvmov %2, %3, %q4[3], %q4[1]"
        : "=&r"(words[0]), "=&r"(words[2]), "=&r"(words[1]), "=&r"(words[3])
        : "w"(results));
#pragma GCC unroll 4
    for (std::size_t p = 0; p < Pixels; ++p) {
        if (All || left >= 4)
            __builtin_memcpy(to[p] + f, &words[p], 4);
        else
            for (std::size_t i = 0; i < left; ++i)
                to[p][f + i] = static_cast<std::int8_t>(words[p] >> (8 * i));
    }
}

/// The sums of four filters for one pixel.
template <int8_patch Patch>
ARCHETYPE_INLINE int32x4_t four_sums(const std::int8_t* in, const std::int8_t* weights) {
    constexpr std::size_t rest = Patch.length % 16, vectors = Patch.length / 16;
    std::int32_t own[4] = {};
    const std::int8_t* w[4];
#pragma GCC unroll 4
    for (std::size_t f = 0; f < 4; ++f) w[f] = weights + f * Patch.taps();
    for_runs<Patch>(
        in, [&](const std::int8_t* x) __attribute__((always_inline)) {
            if constexpr (vectors != 0)
#pragma GCC unroll 1
                for (std::size_t k = 0; k < vectors; ++k, x += 16) {
                    const int8x16_t value = vldrbq_s8(x);
#pragma GCC unroll 4
                    for (std::size_t f = 0; f < 4; ++f) {
                        own[f] = vmladavaq_s8(own[f], value, vldrbq_s8(w[f]));
                        w[f] += 16;
                        asm volatile("" : "+r"(w[f])::"memory");  // pointers of their own
                    }
                }
            if constexpr (rest != 0) {
                const mve_pred16_t lanes = vctp8q(rest);
                const int8x16_t value = vldrbq_z_s8(x, lanes);
#pragma GCC unroll 4
                for (std::size_t f = 0; f < 4; ++f, w[f - 1] += rest)
                    own[f] = vmladavaq_s8(own[f], value, vldrbq_z_s8(w[f], lanes));
            }
        });
    return sums_as_vector(own);
}
/// Results of four filters for one pixel.
ARCHETYPE_INLINE void store_one_pixel(int32x4_t x, const int8_channel* channels, const int8_range& range,
                                      std::int8_t* to, mve_pred16_t lanes) {
    const uint32x4_t words = vmulq_n_u32(vidupq_n_u32(0, 1), sizeof(int8_channel));
    const int32x4_t multiplier = vldrwq_gather_offset_s32(&channels->multiplier, words),
                    shift = vldrwq_gather_offset_s32(&channels->shift, words);
    x = vaddq_s32(x, vldrwq_gather_offset_s32(&channels->bias, words));
    if (vmaxvq_s32(-1, shift) < 0) [[likely]] {
        x = vqrdmulhq_s32(x, multiplier);
        x = vrshlq_s32(vaddq_s32(x, vshrq_n_s32(x, 31)), shift);  // halves away from zero
    } else {
        const int32x4_t left = vmaxq_s32(shift, vdupq_n_s32(0)), right = vminq_s32(shift, vdupq_n_s32(0));
        x = vqrdmulhq_s32(vqshlq_s32(x, left), multiplier);
        x = vrshlq_s32(vaddq_s32(x, vshrq_n_s32(vandq_s32(x, right), 31)), right);
    }
    x = vminq_s32(vaddq_n_s32(x, range.zero_point), vdupq_n_s32(127));
    vstrbq_p_s32(to, vmaxq_s32(x, vdupq_n_s32(range.minimum)), lanes);
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
                for (std::size_t f = 0; f < filters; f += 4, channels += 4, packed += 4 * taps) {
                    if constexpr (pixels.count == 1) {
                        store_one_pixel(four_sums<seen>(x, packed), channels, range, to[0] + f,
                                        vctp32q(filters - f));
                    } else {
                        store_four_filters<pixels.count, filters % 4 == 0>(
                            four_filters<seen, seen_pixels>(x, packed, channels, range), to, f, filters - f);
                    }
                }
            }
}

/// Cells of a pooling's window that lie at equal distances.
constexpr std::size_t neighbouring_cells(const int8_conv2d_geometry& g) {
    return g.down() == g.pool.width * g.right() ? g.pool.cells() : g.pool.width;
}
/// Averages of large windows are sums of whole tiles.
constexpr bool pools_in_tiles(const int8_conv2d_geometry& g) {
    return !g.pool.is_max && !g.has_table && g.pool.cells() > 4 && neighbouring_cells(g) >= 4 &&
           g.conv.groups == 1 && g.conv.out.channels <= 256;
}

/// As `int8_conv2d`, with an average of results that are not stored.
template <int8_conv2d_geometry G>
void pool_in_tiles(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
    constexpr std::size_t filters = G.conv.out.channels, right = G.right(), cells = neighbouring_cells(G),
                          padded = (filters + 3) / 4 * 4;
    constexpr int8_pixels pixels{4, {0, right, 2 * right, 3 * right}};
    constexpr int8_patch patch = G.patch();
    for (std::size_t y = 0; y < G.stored.height; ++y)
        for (std::size_t x = 0; x < G.stored.width; ++x) {
            std::int32_t sums[padded] = {};
            const std::int8_t* const window = in + first_tap(G.conv) + G.in_offset(y, x);
            for (std::size_t row = 0; row < G.pool.cells() / cells; ++row)
                for (std::size_t at = 0; at < cells; at += 4) {
                    const std::size_t place =
                        at + 4 <= cells ? at : cells - 4;  // some results again, which do not count
                    const std::int8_t* packed = weights.packed;
                    const int8_channel* channels = weights.channels;
#pragma GCC unroll 1
                    for (std::size_t f = 0; f < filters; f += 4, channels += 4, packed += 4 * patch.taps()) {
                        std::int8_t results[16];
                        const int32x4_t four = four_filters<patch, pixels>(
                            window + row * G.down() + place * right, packed, channels, weights.range);
                        vstrbq_s8(results, vreinterpretq_s8_s32(four));
                        int32x4_t sum = vldrwq_s32(sums + f);
#pragma GCC unroll 1
                        for (std::size_t p = at - place; p < 4; ++p)
                            sum = vaddq_s32(sum, vldrbq_s32(results + 4 * p));
                        vstrwq_s32(sums + f, sum);
                    }
                }
            std::int8_t* const to = out + G.out_offset(y, x);
            for (std::size_t f = 0; f < filters; ++f) {
                to[f] = static_cast<std::int8_t>(
                    rounded_mean(sums[f], static_cast<std::int32_t>(G.pool.cells())));
                if constexpr (G.has_pool_table) to[f] = look_up(weights.pool_table, to[f]);
            }
        }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
