// SPDX-License-Identifier: BSL-1.0
/// @file int8_conv2d_dsp.hpp
/// Convolutions of 8-bit numbers on Cortex-M with the DSP extension: the patches of four results become pairs of 16-bit
/// numbers once, for all filters, so that products need no further extension.
#pragma once
#include <arm_acle.h>
#include <archetype/kernels/integers/int8_geometry.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Sums of a pair of filters for four pixels, from spread patches: of each pixel 256 times the second filter's sum, then the first
/// one's. Written down as a whole: eight sums, two pointers and four operands are all registers that there are.
#if defined(ARCHETYPE_ALL_REGISTERS)
#define ARCHETYPE_TWO_TAPS                                                                                 \
    "sxtb16 r11, r0\n\t"                                                                                   \
    "ldrd r12, lr, [r1], #8\n\t"                                                                           \
    "smlad r3, r12, r0, r3\n\tsmlad r4, r12, r11, r4\n\tsmlad r5, lr, r0, r5\n\tsmlad r6, lr, r11, r6\n\t" \
    "ldrd r12, lr, [r1], #8\n\t"                                                                           \
    "smlad r7, r12, r0, r7\n\tsmlad r8, r12, r11, r8\n\tsmlad r9, lr, r0, r9\n\tsmlad r10, lr, r11, r10\n\t"
[[gnu::naked, gnu::noinline]] inline void sum_pair(std::int32_t* /*sums, r0*/,
                                                   const std::int32_t* /*spread, r1*/,
                                                   const std::int8_t* /*weights, r2*/,
                                                   std::size_t /*taps, r3*/) {
    asm volatile(
        "push {r0, r1, r3, r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\t"
        "lsrs r12, r3, #1\n\t"
        "add lr, r1, r12, lsl #4\n\t"
        "str lr, [sp, #4]\n\t"  // where whole pairs of taps end
        "movs r3, #0\n\tmov r4, r3\n\tmov r5, r3\n\tmov r6, r3\n\tmov r7, r3\n\tmov r8, r3\n\tmov r9, "
        "r3\n\tmov r10, r3\n\t"
        "ands r12, r12, #3\n\t"
        "beq 5f\n\t"
        "cmp r12, #2\n\t"
        "beq 3f\n\t"
        "bhi 2f\n\t"
        "b 4f\n"
        "1:\n\tldr r0, [r2], #4\n\t" ARCHETYPE_TWO_TAPS  //
        "2:\n\tldr r0, [r2], #4\n\t" ARCHETYPE_TWO_TAPS  //
        "3:\n\tldr r0, [r2], #4\n\t" ARCHETYPE_TWO_TAPS  //
        "4:\n\tldr r0, [r2], #4\n\t" ARCHETYPE_TWO_TAPS  //
        "5:\n\tldr r0, [sp, #4]\n\tcmp r1, r0\n\tbne 1b\n\t"
        "ldr r0, [sp, #8]\n\tlsls r0, r0, #31\n\tbeq 6f\n\t"
        "ldrsh r0, [r2]\n\t" ARCHETYPE_TWO_TAPS  //
        "6:\n\tldr r0, [sp]\n\t"
        "subs r3, r3, r4\n\tsubs r5, r5, r6\n\tsub r7, r7, r8\n\tsub r9, r9, r10\n\t"
        "stmia r0, {r3, r4, r5, r6, r7, r8, r9, r10}\n\t"
        "add sp, sp, #12\n\t"
        "pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}" ::
            : "r0", "r1", "r2", "r3", "r12", "cc", "memory");  // callers are compiled by what is said here
}
#undef ARCHETYPE_TWO_TAPS
#else
inline void sum_pair(std::int32_t* sums, const std::int32_t* spread, const std::int8_t* weights,
                     std::size_t taps) {
    std::int32_t both[4] = {}, low[4] = {};
    for (std::size_t k = 0; k < taps; k += 2, weights += 4) {
        const std::int32_t weight = k + 1 < taps ? load_word(weights) : load_half(weights),
                           low_weight = even_bytes(weight);
        for (std::size_t p = 0; p < 4; ++p, ++spread) {
            both[p] = __smlad(*spread, weight, both[p]);
            low[p] = __smlad(*spread, low_weight, low[p]);
        }
    }
    for (std::size_t p = 0; p < 4; ++p) {
        sums[2 * p] = static_cast<std::int32_t>(static_cast<std::uint32_t>(both[p]) -
                                                static_cast<std::uint32_t>(low[p]));
        sums[2 * p + 1] = low[p];
    }
}
#endif

/// Two neighbours as halfwords.
ARCHETYPE_INLINE std::int32_t two_taps(std::int32_t first, std::int32_t second) {
    return static_cast<std::int32_t>((static_cast<std::uint32_t>(first) & 0xffffu) |
                                     (static_cast<std::uint32_t>(second) << 16));
}

/// Spreads a run of `Length` numbers of each of four pixels: pairs of taps in the order of paired weights, [pair][pixel].
template <std::size_t Length, int8_pixels Pixels>
ARCHETYPE_INLINE std::int32_t* spread_run(const std::int8_t* run, std::int32_t* to) {
    constexpr std::size_t rest = Length % 4;
    const std::int8_t* const end = run + (Length - rest);
#pragma GCC unroll 1
    for (; run != end; run += 4, to += 8)
#pragma GCC unroll 4
        for (std::size_t p = 0; p < 4; ++p) {
            const std::int32_t word = load_word(run + Pixels.offset[p]);
            to[p] = even_bytes(word);
            to[p + 4] = odd_bytes(word);
        }
    if constexpr (rest != 0) {
#pragma GCC unroll 4
        for (std::size_t p = 0; p < 4; ++p) {
            const std::int8_t* const x = run + Pixels.offset[p];
            to[p] = rest == 1 ? two_taps(x[0], 0) : two_taps(x[0], x[1]);
            if constexpr (rest == 3) to[p + 4] = two_taps(x[2], 0);
        }
        to += rest == 3 ? 8 : 4;
    }
    return to;
}

/// Results of all filters of four pixels from their spread patches, for pairs of filters. Apart, so that all layers share it.
/// @param at  where the results of the pixels lie
[[gnu::noinline]] inline void convolve_spread(const std::int32_t* spread, std::size_t taps,
                                              const int8_conv2d_weights& weights, std::size_t filters,
                                              std::int8_t* out, const std::size_t* at) {
    const int8_range range = weights.range;
    const int8_channel* channels = weights.channels;
    const std::int8_t* packed = weights.packed;
    std::int8_t* const to[4] = {out + at[0], out + at[1], out + at[2], out + at[3]};
    for (std::size_t f = 0; f < filters; f += 2, channels += 2, packed += 2 * taps) {
        std::int32_t sums[8];
        sum_pair(sums, spread, packed, taps);
        const auto store = [&](std::size_t i, const auto& doubled) __attribute__((always_inline)) {
            const int8_channel channel = channels[i];
            if (is_near(channel.shift)) [[likely]] {
                const std::int32_t power = near_power(channel.shift), bias = 2 * channel.bias;
#pragma GCC unroll 4
                for (std::size_t p = 0; p < 4; ++p) {
                    const std::int32_t x =
                        near_product(bias + doubled(p), channel.multiplier, power, range.zero_point);
                    to[p][f + i] = static_cast<std::int8_t>(__ssat(x, 8));
                }
            } else {
#pragma GCC unroll 1
                for (std::size_t p = 0; p < 4; ++p) to[p][f + i] = requantize(doubled(p) / 2, channel, range);
            }
        };
        store(
            0, [&](std::size_t p) __attribute__((always_inline)) { return 2 * sums[2 * p + 1]; });
        store(
            1, [&](std::size_t p) __attribute__((always_inline)) { return sums[2 * p] >> 7; });
    }
    if (range.minimum > -128) [[unlikely]]
        for (std::int8_t* const pixel : to) raise(pixel, filters, range.minimum);
}

/// As `int8_conv2d`, for geometries that spread their patches; without the table.
template <int8_conv2d_geometry G>
void convolve_in_spread_tiles(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
    constexpr int8_pixels pixels = G.pixels();
    constexpr int8_patch patch = G.patch();
    constexpr std::size_t taps = patch.taps();
    constexpr bool by_runs = patch.length % 4 == 0 || patch.runs() == 1;
    const std::int8_t* const origin = in + first_tap(G.conv);
    for (std::size_t line = 0; line < G.lines(); ++line)
        for (std::size_t next = 0; next < G.length(); next += 4) {
            // The last tile of a line begins earlier, and computes some results again.
            const std::size_t place = next + 4 <= G.length() ? next : G.length() - 4;
            const std::int8_t* const x = origin + G.in_offset(line, place);
            std::int32_t spread[(taps + 1) / 2 * 4];
            if constexpr (by_runs) {
                std::int32_t* to = spread;
                for_runs<patch>(
                    x, [&](const std::int8_t* run) __attribute__((always_inline)) {
                        to = spread_run<patch.length, pixels>(run, to);
                    });
            } else {
                constexpr std::size_t distance = G.collected_distance(taps);
                std::int8_t collected[4 * distance];
                collect_patches<patch, pixels, distance>(x, collected);
                spread_run<taps, int8_pixels{4, {0, distance, 2 * distance, 3 * distance}}>(collected,
                                                                                            spread);
            }
            std::size_t own[4];
            convolve_spread(spread, taps, weights, G.conv.out.channels, out + G.out_offset(line, place),
                            places_of_tile<G>(place, own));
        }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
