// SPDX-License-Identifier: BSL-1.0
/// @file int8_depthwise_gather.hpp
/// Depthwise convolutions of 8-bit numbers of few taps with MVE: what two neighbouring results of a channel see is gathered in
/// two vectors, so that a result is two sums across a vector.
#pragma once
#include <arm_mve.h>
#include <archetype/kernels/integers/int8_conv2d.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A depthwise convolution, seen along the axis of neighbours and across it.
struct gathered_depthwise {
    std::size_t length = 0, lines = 0;  ///< results
    std::size_t in_next = 0, in_line = 0, out_next = 0, out_line = 0;
    std::size_t taps = 0, other_taps = 0, stride = 0;  ///< the stride along the axis
    std::size_t in_tap = 0, in_other_tap = 0, weight_tap = 0, weight_other_tap = 0;
    std::size_t filters = 0, multiplier = 1;  ///< filters of a channel
    constexpr bool operator==(const gathered_depthwise&) const = default;
    /// Numbers that two neighbours see, if taps are as far from one another as results are, or nearer.
    constexpr std::size_t seen() const { return (taps + stride) * other_taps; }
    /// Instructions for a channel, about: here, and by eight filters at once.
    constexpr std::size_t work() const { return (length + 3) / 4 * lines * 25 + lines * 15 + 150; }
    constexpr std::size_t work_in_eights() const {
        return (length + 1) / 2 * lines * (11 * taps * other_taps + 90) / 8;
    }
    constexpr std::size_t farthest() const {
        return (taps + stride - 1) * in_tap + (other_taps - 1) * in_other_tap;
    }
    constexpr std::size_t farthest_weight() const {
        return (taps + stride - 1) * weight_tap + (other_taps - 1) * weight_other_tap;
    }
};

/// The better axis, or no results where there is none: twelve registers are needed.
constexpr gathered_depthwise best_gathered([[maybe_unused]] const conv2d_geometry& g) {
    gathered_depthwise best;
#if defined(__OPTIMIZE__) && !defined(ARCHETYPE_RESERVED_REGISTER)
    const window& w = g.win;
    const std::size_t row = g.in.row_stride, pixel = g.in.pixel_stride, filters = g.out.channels;
    if (w.dilation_width != 1 || w.dilation_height != 1) return best;
    for (const bool down : {true, false}) {
        gathered_depthwise one;
        if (down)
            one = {g.out.height,
                   g.out.width,
                   w.stride_height * row,
                   w.stride_width * pixel,
                   g.out.row_stride,
                   g.out.pixel_stride,
                   w.kernel_height,
                   w.kernel_width,
                   w.stride_height,
                   row,
                   pixel,
                   w.kernel_width * filters,
                   filters};
        else
            one = {g.out.width,
                   g.out.height,
                   w.stride_width * pixel,
                   w.stride_height * row,
                   g.out.pixel_stride,
                   g.out.row_stride,
                   w.kernel_width,
                   w.kernel_height,
                   w.stride_width,
                   pixel,
                   row,
                   filters,
                   w.kernel_width * filters};
        one.filters = filters;
        one.multiplier = filters / g.in.channels;
        if (one.length < 4 || one.seen() > 16 || one.farthest() > 65535 || one.farthest_weight() > 65535 ||
            one.work() > one.work_in_eights() || (may_be_in_place(g) && one.length % 4 != 0))
            continue;
        if (best.length == 0 || one.work() < best.work()) best = one;
    }
#endif
    return best;
}

/// Where numbers that two neighbours see and their weights lie, [vector][lane], and which of them a neighbour sees,
/// [neighbour][vector].
struct gathered_taps {
    std::uint16_t offsets[2][8], weight_offsets[2][8];
    mve_pred16_t lanes[2][2];
};
/// The lines of a channel: where the first one begins, from one to the next, and from the end of whole tiles back to where the
/// last one begins, if some results come twice.
struct gathered_lines {
    struct steps {
        std::size_t in, out;
    };
    struct {
        const std::int8_t* in;
        std::int8_t* out;
    } at;
    steps line, back;
    std::size_t lines, tiles, rest;
};

// Sums of two neighbours, of the next two, and all four as a vector.
#define ARCHETYPE_TWO_SUMS(a, b)                                                                  \
    "vldrb.s16 %q[s], [%[x], %q[o0]]\n\tvmladav.s16 %[" a "], %q[s], %q[w00]\n\tvmladav.s16 %[" b \
    "], %q[s], %q[w10]\n\tvldrb.s16 %q[s], [%[x], %q[o1]]\n\tvmladava.s16 %[" a                   \
    "], %q[s], %q[w01]\n\tvmladava.s16 %[" b "], %q[s], %q[w11]\n\tadd %[x], %[x], %[two]\n\t"
#define ARCHETYPE_FOUR_SUMS      \
    ARCHETYPE_TWO_SUMS("a", "b") \
    ARCHETYPE_TWO_SUMS("c", "d") \
    "vmov %q[s][2], %q[s][0], %[a], %[c]\n\tvmov %q[s][3], %q[s][1], %[b], %[d]\n\t"
// Results, saturated to 16 bits and to 8, in the lowest of each lane.
#define ARCHETYPE_STORE \
    "vqmovnb.s32 %q[s], %q[s]\n\tvqmovnb.s16 %q[s], %q[s]\n\tvstrb.32 %q[s], [%[to], %q[places]]\n\t"
#define ARCHETYPE_OPERANDS \
    [two] "r"(two), [o0] "w"(o0), [o1] "w"(o1), [w00] "w"(w00), [w01] "w"(w01), [w10] "w"(w10), [w11] "w"(w11)

// Results of the next four.
#define ARCHETYPE_TILE                                                               \
    ARCHETYPE_FOUR_SUMS                                                              \
    "vadd.i32 %q[s], %q[s], %[bias]\n\tvqrdmulh.s32 %q[s], %q[s], %[multiplier]\n\t" \
    "vqrdmulh.s32 %q[s], %q[s], %[power]\n\tvadd.i32 %q[s], %q[s], %[zero]\n\t" ARCHETYPE_STORE

/// Results of a channel: two sums across a vector each, four results at once.
/// @tparam Near  a factor of a half and less, with 11 bits at most: rounded by multiplying it
template <bool Near>
[[gnu::noinline]] void gathered_results(const gathered_depthwise& of, const gathered_lines& all,
                                        const gathered_taps& taps, const std::int8_t* weights,
                                        const int8_channel& channel, std::int32_t zero) {
    const uint16x8_t o0 = vldrhq_u16(taps.offsets[0]), o1 = vldrhq_u16(taps.offsets[1]),
                     own0 = vldrhq_u16(taps.weight_offsets[0]), own1 = vldrhq_u16(taps.weight_offsets[1]);
    // The second neighbour's taps are as far behind as its results are.
    const std::int8_t* const behind = weights - of.stride * of.weight_tap;
    const int16x8_t w00 = vldrbq_gather_offset_z_s16(weights, own0, taps.lanes[0][0]),
                    w01 = vldrbq_gather_offset_z_s16(weights, own1, taps.lanes[0][1]),
                    w10 = vldrbq_gather_offset_z_s16(behind, own0, taps.lanes[1][0]),
                    w11 = vldrbq_gather_offset_z_s16(behind, own1, taps.lanes[1][1]);
    const uint32x4_t places = vmulq_n_u32(vidupq_n_u32(0, 1), of.out_next);
    const std::int32_t bias = channel.bias, multiplier = channel.multiplier;
    const std::size_t two = 2 * of.in_next, next = 4 * of.out_next;
    gathered_lines now = all;
    int32x4_t sums;
    std::int32_t a, b, c, d;
    const std::int8_t* x;
    std::int8_t* to;
    if constexpr (Near) {
        // One more than the power of two moves halves away from zero, and nothing else across a boundary.
        const auto power = static_cast<std::int32_t>((1u << (31 + channel.shift)) + 1);
        asm volatile(
            "1:\tldrd %[x], %[to], %[at]\n\tldr %[a], %[tiles]\n\tdls lr, %[a]\n"
            "2:\n\t" ARCHETYPE_TILE
            "add %[to], %[to], %[next]\n\tle lr, 2b\n\t"
            "ldr %[a], %[rest]\n\tcmp %[a], #0\n\tbeq 3f\n\t"
            "ldrd %[a], %[b], %[back]\n\tsub %[x], %[x], %[a]\n\tsub %[to], %[to], %[b]\n\t" ARCHETYPE_TILE
            "\n3:\tldrd %[x], %[to], %[at]\n\tldrd %[a], %[b], %[line]\n\t"
            "add %[x], %[x], %[a]\n\tadd %[to], %[to], %[b]\n\tstrd %[x], %[to], %[at]\n\t"
            "ldr %[a], %[lines]\n\tsubs %[a], %[a], #1\n\tstr %[a], %[lines]\n\tbne 1b"
            : [s] "=&w"(sums), [a] "=&Te"(a), [b] "=&Te"(b), [c] "=&Te"(c), [d] "=&Te"(d), [x] "=&r"(x),
              [to] "=&r"(to), [at] "+m"(now.at), [lines] "+m"(now.lines)
            : ARCHETYPE_OPERANDS, [places] "w"(places), [bias] "r"(bias), [multiplier] "r"(multiplier),
              [power] "r"(power), [zero] "r"(zero), [next] "r"(next), [tiles] "m"(now.tiles),
              [rest] "m"(now.rest), [back] "m"(now.back), [line] "m"(now.line)
            : "lr", "cc", "memory");
    } else {
        for (; now.lines != 0; --now.lines, now.at.in += now.line.in, now.at.out += now.line.out) {
            x = now.at.in;
            to = now.at.out;
            for (std::size_t i = 0; i < now.tiles + now.rest; ++i, to += next) {
                if (i == now.tiles) {
                    x -= now.back.in;
                    to -= now.back.out;
                }
                asm volatile(ARCHETYPE_FOUR_SUMS
                             : [s] "=&w"(sums), [a] "=&Te"(a), [b] "=&Te"(b), [c] "=&Te"(c), [d] "=&Te"(d),
                               [x] "+&r"(x)
                             : ARCHETYPE_OPERANDS
                             : "memory");
                sums = vaddq_n_s32(sums, bias);
                if (channel.shift < 0)
                    sums = rounded_product(sums, multiplier, channel.shift);
                else
                    sums = vqrdmulhq_n_s32(vqshlq_r_s32(sums, channel.shift), multiplier);
                sums = vaddq_n_s32(sums, zero);
                asm volatile(ARCHETYPE_STORE
                             : [s] "+w"(sums)
                             : [to] "r"(to), [places] "w"(places)
                             : "memory");
            }
        }
    }
}
#undef ARCHETYPE_TILE
#undef ARCHETYPE_OPERANDS
#undef ARCHETYPE_STORE
#undef ARCHETYPE_FOUR_SUMS
#undef ARCHETYPE_TWO_SUMS

/// As `int8_depthwise`, without the table.
[[gnu::noinline]] inline void depthwise_by_gathering(const gathered_depthwise& of, const std::int8_t* in,
                                                     std::int8_t* out, const int8_conv2d_weights& weights) {
    gathered_taps taps{};
    std::size_t lane = 0;
#pragma GCC unroll 1
    for (std::size_t i = 0; i < of.taps + of.stride; ++i)
#pragma GCC unroll 1
        for (std::size_t j = 0; j < of.other_taps; ++j, ++lane) {
            const std::size_t vector = lane / 8, at = lane % 8;
            taps.offsets[vector][at] = static_cast<std::uint16_t>(i * of.in_tap + j * of.in_other_tap);
            taps.weight_offsets[vector][at] =
                static_cast<std::uint16_t>(i * of.weight_tap + j * of.weight_other_tap);
            const auto bits = static_cast<mve_pred16_t>(3u << (2 * at));
            if (i < of.taps) taps.lanes[0][vector] = static_cast<mve_pred16_t>(taps.lanes[0][vector] | bits);
            if (i >= of.stride)
                taps.lanes[1][vector] = static_cast<mve_pred16_t>(taps.lanes[1][vector] | bits);
        }
    const std::size_t rest = of.length % 4;
    gathered_lines lines{{in, out},
                         {of.in_line, of.out_line},
                         {(4 - rest) * of.in_next, (4 - rest) * of.out_next},
                         of.lines,
                         of.length / 4,
                         rest != 0 ? std::size_t{1} : 0};
#pragma GCC unroll 1
    for (std::size_t f = 0; f < of.filters; ++f) {
        const int8_channel& channel = weights.channels[f];
        lines.at.in = in + f / of.multiplier;
        lines.at.out = out + f;
        const auto run =
            channel.shift >= -11 && channel.shift < 0 ? gathered_results<true> : gathered_results<false>;
        run(of, lines, taps, weights.packed + f, channel, weights.range.zero_point);
    }
    if (weights.range.minimum > -128) [[unlikely]]
        for (std::size_t y = 0; y < of.lines; ++y)
            for (std::size_t x = 0; x < of.length; ++x)
                raise(out + y * of.out_line + x * of.out_next, of.filters, weights.range.minimum);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
