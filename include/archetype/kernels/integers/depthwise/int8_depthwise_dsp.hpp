// SPDX-License-Identifier: BSL-1.0
/// @file int8_depthwise_dsp.hpp
/// Depthwise convolutions of 8-bit numbers on Cortex-M with the DSP extension: rows, or columns, are spread to pairs of 16-bit
/// numbers once, four channels at a time, so that three taps of two results are four SMLAD. For g++: clang++ has no naked functions
/// that are templates.
#pragma once
#include <arm_acle.h>
#include <archetype/kernels/integers/int8_conv2d.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A depthwise convolution of 3 x 3 taps, seen along the axis whose neighbours are paired and across it.
struct depthwise_pairs {
    std::size_t channels = 0;
    std::size_t length = 0, width = 0;  ///< results along the pairs and across
    std::size_t in_along = 0, in_across = 0, out_along = 0, out_across = 0;
    std::size_t weight_along = 0, weight_across = 0;
    constexpr bool operator==(const depthwise_pairs&) const = default;

    /// Positions of the input across the pairs, and pairs along, that are spread at once: about 0.9 KB, or two pairs.
    constexpr std::size_t positions() const { return width + 2; }
    constexpr std::size_t pairs() const {
        const std::size_t fit = 224 / (4 * positions()), most = fit < 2 ? 1 : fit - 1, all = (length + 1) / 2;
        const std::size_t parts = (all + most - 1) / most;
        return (all + parts - 1) / parts + 1;
    }
    /// Words of four channels, on the stack.
    constexpr std::size_t spread() const { return 4 * positions() * pairs(); }
    static constexpr std::size_t most_spread = 512;
    /// What it costs, about: some results of pairs and tiles are dropped.
    constexpr std::size_t work() const {
        return (length + 1) / 2 * (width / 3 * 3 + (width % 3 != 0 ? 2 : 0));
    }
};

/// The better axis for pairs, or no channels where there is none.
constexpr depthwise_pairs best_pairs([[maybe_unused]] const conv2d_geometry& g) {
    depthwise_pairs best;
#if defined(__OPTIMIZE__) && defined(ARCHETYPE_ALL_REGISTERS)
    const std::size_t filters = g.out.channels;
    if (filters != g.in.channels || filters % 4 != 0 || g.win.kernel_width != 3 || g.win.kernel_height != 3 ||
        g.win.stride_width != 1 || g.win.stride_height != 1 || g.win.dilation_width != 1 ||
        g.win.dilation_height != 1)
        return best;
    for (const bool columns : {false, true}) {
        depthwise_pairs one{
            filters,          g.out.height,       g.out.width, g.in.row_stride, g.in.pixel_stride,
            g.out.row_stride, g.out.pixel_stride, 3 * filters, filters};
        if (columns)
            one = {filters,        one.width,     one.length,        one.in_across,   one.in_along,
                   one.out_across, one.out_along, one.weight_across, one.weight_along};
        // Distances are immediate operands.
        if (one.length < 2 || one.width < 3 || 4 * one.pairs() * 4 > 1020 || one.spread() > one.most_spread ||
            2 * one.out_across > 4095)
            continue;
        if (best.channels == 0 || one.work() < best.work()) best = one;
    }
#endif
    return best;
}

/// Spreads `Pairs.pairs()` pairs, or `count` of them, at each position: [channel][position][pair].
/// @param rows  of the input that there are; a pair whose second one is missing has the first one twice
template <depthwise_pairs Pairs>
ARCHETYPE_INLINE void spread_pairs(const std::int8_t* in, std::size_t rows, std::size_t count,
                                   std::int32_t* spread) {
    constexpr std::size_t pairs = Pairs.pairs(), next_channel = Pairs.positions() * pairs;
#pragma GCC unroll 1
    for (std::size_t i = 0; i < count; ++i, rows -= 2, in += 2 * Pairs.in_along) {
        const std::int8_t *first = in, *second = rows > 1 ? in + Pairs.in_along : in;
        std::int32_t* to = spread + i;
        for (std::size_t at = 0; at < Pairs.positions(); ++at, to += pairs) {
            const std::int32_t low = load_word(first), high = load_word(second);
            first += Pairs.in_across;
            second += Pairs.in_across;
            std::int32_t lower, upper;  // bytes 0 and 1 of both, and 2 and 3
            asm("pkhbt %0, %1, %2, lsl #16" : "=r"(lower) : "r"(low), "r"(high));
            asm("pkhtb %0, %1, %2, asr #16" : "=r"(upper) : "r"(high), "r"(low));
            to[0] = even_bytes(lower);
            to[next_channel] = odd_bytes(lower);
            to[2 * next_channel] = even_bytes(upper);
            to[3 * next_channel] = odd_bytes(upper);
        }
    }
}

/// What the results of a channel are made with: doubled weights 0 and 1, 1 and 2, 2 and 0 of each tap across, and factors.
struct paired_channel {
    std::int32_t weights[3][3];
    std::int32_t bias, multiplier, power, zero;  ///< the bias is doubled, too
};

// Three taps of two results of a neighbour; and the same as the first products, after a sum.
#define ARCHETYPE_TAPS(at, a, b) ARCHETYPE_FIRST_TAPS(at, a, b, a, b)
#define ARCHETYPE_FIRST_TAPS(at, a, b, to_a, to_b)                                                      \
    "ldrd r10, r11, [r0, %[" at "]]\n\tsmlad " a ", r10, r8, " to_a "\n\tsmlatt " b ", r10, r12, " to_b \
    "\n\tsmlabb " a ", r11, r12, " a "\n\tsmlad " b ", r11, r9, " b "\n\t"
#define ARCHETYPE_WEIGHTS "ldr r12, [r1, #8]\n\tldrd r8, r9, [r1], #12\n\t"
#define ARCHETYPE_RESULT(sum, place)                                                                \
    "smmulr " sum ", " sum ", r8\n\tadd " sum ", " sum ", " sum ", asr #31\n\tsmmlsr " sum ", " sum \
    ", r9, r10\n\tssat " sum ", #8, " sum "\n\tstrb " sum ", " place "\n\t"

/// Two results of each of `Count` neighbours, for pairs until `end`. Written down as a whole: six sums, five operands and three
/// pointers are all registers that there are.
/// @param second  from the first results of a pair to the second ones, or 0 where there are none
template <depthwise_pairs Pairs, std::size_t Count>
[[gnu::naked, gnu::noipa]] void paired_results(const std::int32_t* /*spread, r0*/,
                                               const paired_channel* /*r1*/, const std::int32_t* /*end, r2*/,
                                               std::int8_t* /*out, r3*/,
                                               std::size_t /*second, on the stack*/) {
    constexpr std::size_t next = 4 * Pairs.pairs(), across = Pairs.out_across;
    if constexpr (Count == 3)
        asm volatile(
            "push {r2, r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\tmov lr, r3\n"
            "1:\tldr r7, [r1, #36]\n\t"
            ARCHETYPE_WEIGHTS ARCHETYPE_FIRST_TAPS("o0", "r2", "r3", "r7", "r7")
            ARCHETYPE_FIRST_TAPS("o1", "r4", "r5", "r7", "r7") ARCHETYPE_FIRST_TAPS("o2", "r6", "r7", "r7", "r7")
            ARCHETYPE_WEIGHTS ARCHETYPE_TAPS("o1", "r2", "r3") ARCHETYPE_TAPS("o2", "r4", "r5")
            ARCHETYPE_TAPS("o3", "r6", "r7")
            ARCHETYPE_WEIGHTS ARCHETYPE_TAPS("o2", "r2", "r3") ARCHETYPE_TAPS("o3", "r4", "r5")
            ARCHETYPE_TAPS("o4", "r6", "r7")
            "ldrd r8, r9, [r1, #4]\n\tldr r10, [r1, #12]\n\tldr r11, [sp, #40]\n\tadd r12, lr, r11\n\t"
            ARCHETYPE_RESULT("r3", "[r12]") ARCHETYPE_RESULT("r5", "[r12, %[x1]]")
            ARCHETYPE_RESULT("r7", "[r12, %[x2]]") ARCHETYPE_RESULT("r2", "[lr]")
            ARCHETYPE_RESULT("r4", "[lr, %[x1]]") ARCHETYPE_RESULT("r6", "[lr, %[x2]]")
            "add lr, lr, r11, lsl #1\n\tsubs r1, r1, #36\n\tadds r0, r0, #4\n\t"
            "ldr r8, [sp]\n\tcmp r0, r8\n\tbne 1b\n\tadd sp, sp, #4\n\tpop {r4, r5, r6, r7, r8, r9, r10, r11, pc}"
            :
            : [o0] "i"(0), [o1] "i"(next), [o2] "i"(2 * next), [o3] "i"(3 * next), [o4] "i"(4 * next), [x1] "i"(across), [x2] "i"(2 * across)
            : "r0", "r1", "r2", "r3", "r12", "cc", "memory");
    else
        asm volatile(
            "push {r2, r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\tmov lr, r3\n"
            "1:\tldr r5, [r1, #36]\n\t"
            ARCHETYPE_WEIGHTS ARCHETYPE_FIRST_TAPS("o0", "r2", "r3", "r5", "r5") ARCHETYPE_FIRST_TAPS("o1", "r4", "r5", "r5", "r5")
            ARCHETYPE_WEIGHTS ARCHETYPE_TAPS("o1", "r2", "r3") ARCHETYPE_TAPS("o2", "r4", "r5")
            ARCHETYPE_WEIGHTS ARCHETYPE_TAPS("o2", "r2", "r3") ARCHETYPE_TAPS("o3", "r4", "r5")
            "ldrd r8, r9, [r1, #4]\n\tldr r10, [r1, #12]\n\tldr r11, [sp, #40]\n\tadd r12, lr, r11\n\t"
            ARCHETYPE_RESULT("r3", "[r12]") ARCHETYPE_RESULT("r5", "[r12, %[x1]]")
            ARCHETYPE_RESULT("r2", "[lr]") ARCHETYPE_RESULT("r4", "[lr, %[x1]]")
            "add lr, lr, r11, lsl #1\n\tsubs r1, r1, #36\n\tadds r0, r0, #4\n\t"
            "ldr r8, [sp]\n\tcmp r0, r8\n\tbne 1b\n\tadd sp, sp, #4\n\tpop {r4, r5, r6, r7, r8, r9, r10, r11, pc}"
            :
            : [o0] "i"(0), [o1] "i"(next), [o2] "i"(2 * next), [o3] "i"(3 * next), [x1] "i"(across)
            : "r0", "r1", "r2", "r3", "r12", "cc", "memory");
}
#undef ARCHETYPE_RESULT
#undef ARCHETYPE_WEIGHTS
#undef ARCHETYPE_FIRST_TAPS
#undef ARCHETYPE_TAPS

/// All results of a channel, for factors from one on.
[[gnu::noinline]] inline void depthwise_channel(const depthwise_pairs& of, const std::int8_t* in,
                                                const std::int8_t* weights, const int8_channel& channel,
                                                const int8_range& range, std::int8_t* out) {
    for (std::size_t y = 0; y < of.length; ++y)
        for (std::size_t x = 0; x < of.width; ++x) {
            std::int32_t sum = 0;
            for (std::size_t j = 0; j < 3; ++j)
                for (std::size_t i = 0; i < 3; ++i)
                    sum += weights[j * of.weight_along + i * of.weight_across] *
                           in[(y + j) * of.in_along + (x + i) * of.in_across];
            out[y * of.out_along + x * of.out_across] = requantize(sum, channel, range);
        }
}

/// As `int8_depthwise`, without the table.
template <depthwise_pairs Pairs>
void depthwise_in_pairs(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights) {
    constexpr std::size_t pairs = Pairs.pairs(), next_channel = Pairs.positions() * pairs;
    static constexpr depthwise_pairs of = Pairs;
    for (std::size_t f = 0; f < Pairs.channels; f += 4) {
        paired_channel channels[4];
        for (std::size_t c = 0; c < 4; ++c) {
            const int8_channel own = weights.channels[f + c];
            const std::int8_t* w = weights.packed + f + c;
            for (auto& tap : channels[c].weights) {
                const std::int32_t first = 2 * w[0], middle = 2 * w[Pairs.weight_along],
                                   last = 2 * w[2 * Pairs.weight_along];
                tap[0] = two_taps(first, middle);
                tap[1] = two_taps(middle, last);
                tap[2] = two_taps(last, first);
                w += Pairs.weight_across;
            }
            channels[c].bias = 2 * own.bias;
            channels[c].multiplier = own.multiplier;
            channels[c].power = negative_power(own.shift < 0 ? own.shift : -1);
            channels[c].zero = weights.range.zero_point;
        }
        std::int32_t spread[4 * next_channel];
        for (std::size_t begin = 0; begin < Pairs.length; begin += 2 * (pairs - 1)) {
            const std::size_t left = Pairs.length - begin,
                              now = left < 2 * (pairs - 1) ? left : 2 * (pairs - 1);
            spread_pairs<Pairs>(in + begin * Pairs.in_along + f, left + 2, (now + 1) / 2 + 1, spread);
            for (std::size_t c = 0; c < 4; ++c) {
                if (weights.channels[f + c].shift >= 0) [[unlikely]]
                    continue;
                const std::int32_t* const own = spread + c * next_channel;
                std::int8_t* const to = out + begin * Pairs.out_along + f + c;
                // Whole pairs, then a result that has none.
                const auto run = [&](std::size_t first, std::size_t count, std::size_t second)
                    __attribute__((always_inline)) {
                    const std::int32_t* from = own + first;
                    std::int8_t* at = to + 2 * first * Pairs.out_along;
#pragma GCC unroll 1
                    for (std::size_t i = 0; i < Pairs.width / 3; ++i) {
                        paired_results<Pairs, 3>(from, channels + c, from + count, at, second);
                        from += 3 * pairs;
                        at += 3 * Pairs.out_across;
                    }
                    if constexpr (Pairs.width % 3 != 0) {
                        constexpr std::size_t last = Pairs.width - 2;
                        from = own + first + last * pairs;
                        paired_results<Pairs, 2>(from, channels + c, from + count,
                                                 to + 2 * first * Pairs.out_along + last * Pairs.out_across,
                                                 second);
                    }
                };
                if (now >= 2) run(0, now / 2, Pairs.out_along);
                if (now % 2 != 0) run(now / 2, 1, 0);
            }
        }
        for (std::size_t c = f; c < f + 4; ++c)
            if (weights.channels[c].shift >= 0) [[unlikely]]
                depthwise_channel(of, in + c, weights.packed + c, weights.channels[c], weights.range,
                                  out + c);
    }
    if (weights.range.minimum > -128) [[unlikely]]
        for (std::size_t y = 0; y < Pairs.length; ++y)
            for (std::size_t x = 0; x < Pairs.width; ++x)
                raise(out + y * Pairs.out_along + x * Pairs.out_across, Pairs.channels,
                      weights.range.minimum);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
