// SPDX-License-Identifier: BSL-1.0
/// @file int8_depthwise_runs.hpp
/// Depthwise convolutions of 8-bit numbers without vectors: one filter and some neighbours at once, whose sums and weights
/// stay in registers, so that each number of the input is loaded once for all of them.
#pragma once
#include <archetype/kernels/integers/int8_conv2d.hpp>

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Results that share the weights of a filter: neighbours in a row or in a column, so that few are computed twice.
struct depthwise_run {
    bool vertical = false;
    std::size_t count = 1;
};
/// Weights along a run that are in registers at once, of `taps`.
constexpr std::size_t depthwise_taps(std::size_t taps) { return taps < 4 ? taps : taps == 4 ? 2 : 3; }

/// The run with the fewest instructions.
constexpr depthwise_run best_run(const conv2d_geometry& g) {
    depthwise_run best;
    std::size_t least = static_cast<std::size_t>(-1);
    for (const bool vertical : {false, true})
        for (std::size_t count = 6; count > 0; --count) {
            const std::size_t length = vertical ? g.out.height : g.out.width,
                              lines = vertical ? g.out.width : g.out.height;
            const std::size_t taps = vertical ? g.win.kernel_height : g.win.kernel_width,
                              others = vertical ? g.win.kernel_width : g.win.kernel_height,
                              stride = vertical ? g.win.stride_height : g.win.stride_width;
            const std::size_t once = depthwise_taps(taps);
            const std::size_t loads = (count - 1) * (stride < once ? stride : once) + 2 * once;
            const std::size_t work =
                (length + count - 1) / count * lines *
                (others * (taps + once - 1) / once * (loads + count * once) + 12 * count + 16);
            if (may_be_in_place(g) && length % count != 0) continue;
            if (count <= length && work < least) {
                best = {vertical, count};
                least = work;
            }
        }
    return best;
}

/// Adds the products of `Taps` weights, `next_weight` apart, with what they meet to the sums of `Count` results.
/// @param Step  between neighbours of the input, `Stride` of which are between results, `Dilation` between taps
template <std::size_t Count, std::size_t Taps, std::size_t Step, std::size_t Stride, std::size_t Dilation>
ARCHETYPE_INLINE void add_depthwise_taps(const std::int8_t* in, const std::int8_t* weights,
                                         std::size_t next_weight, std::int32_t (&sums)[Count]) {
    asm volatile("" ::: "memory");  // loads stay where they are, or sums leave their registers
    std::int32_t own[Taps];
#pragma GCC unroll 3
    for (std::size_t k = 0; k < Taps; ++k) own[k] = weights[k * next_weight];
#pragma GCC unroll 32
    for (std::size_t i = 0; i <= (Count - 1) * Stride + (Taps - 1) * Dilation; ++i) {
        const std::int32_t value = in[i * Step];
#pragma GCC unroll 3
        for (std::size_t k = 0; k < Taps; ++k) {
            const std::size_t distance =
                i - k * Dilation;  // from the first result's place; beyond all where it is before
            if (distance % Stride == 0 && distance / Stride < Count)
                sums[distance / Stride] += own[k] * value;
        }
    }
}

/// As `int8_depthwise`, for the filters from `first` on.
template <conv2d_geometry G, bool HasTable>
void depthwise_in_runs(const std::int8_t* in, std::int8_t* out, const int8_conv2d_weights& weights,
                       std::size_t first = 0) {
    constexpr std::size_t filters = G.out.channels, multiplier = filters / G.in.channels;
    constexpr depthwise_run run = best_run(G);
    constexpr std::size_t taps = run.vertical ? G.win.kernel_height : G.win.kernel_width,
                          others = run.vertical ? G.win.kernel_width : G.win.kernel_height,
                          once = depthwise_taps(taps);
    constexpr std::size_t step = run.vertical ? G.in.row_stride : G.in.pixel_stride,
                          stride = run.vertical ? G.win.stride_height : G.win.stride_width,
                          dilation = run.vertical ? G.win.dilation_height : G.win.dilation_width,
                          other_step = run.vertical ? G.win.dilation_width * G.in.pixel_stride
                                                    : G.win.dilation_height * G.in.row_stride,
                          other_line = run.vertical ? G.win.stride_width * G.in.pixel_stride
                                                    : G.win.stride_height * G.in.row_stride;
    constexpr std::size_t next_tap = (run.vertical ? G.win.kernel_width : 1) * filters,
                          next_other = (run.vertical ? 1 : G.win.kernel_width) * filters;
    constexpr std::size_t out_step = run.vertical ? G.out.row_stride : G.out.pixel_stride,
                          out_line = run.vertical ? G.out.pixel_stride : G.out.row_stride;
    constexpr std::size_t length = run.vertical ? G.out.height : G.out.width,
                          lines = run.vertical ? G.out.width : G.out.height;
    for (std::size_t f = first; f < filters; ++f) {
        const int8_channel channel = weights.channels[f];
        for (std::size_t line = 0; line < lines; ++line) {
            const std::int8_t* const begin = in + first_tap(G) + line * other_line + f / multiplier;
            std::int8_t* const out_begin = out + G.out.offset + line * out_line + f;
            for (std::size_t at = 0; at < length; at += run.count) {
                // The last ones of a line may be computed again.
                const std::size_t place = at + run.count <= length ? at : length - run.count;
                const std::int8_t* x = begin + place * stride * step;
                const std::int8_t* w = weights.packed + f;
                std::int32_t sums[run.count];
#pragma GCC unroll 6
                for (std::size_t p = 0; p < run.count; ++p) sums[p] = channel.bias;
#pragma GCC unroll 3
                for (std::size_t other = 0; other < others; ++other, x += other_step, w += next_other) {
#pragma GCC unroll 1
                    for (std::size_t k = 0; k + once <= taps; k += once)
                        add_depthwise_taps<run.count, once, step, stride, dilation>(
                            x + k * dilation * step, w + k * next_tap, next_tap, sums);
                    if constexpr (taps % once != 0)
                        add_depthwise_taps<run.count, taps % once, step, stride, dilation>(
                            x + taps / once * once * dilation * step, w + taps / once * once * next_tap,
                            next_tap, sums);
                }
                std::int8_t* const to = out_begin + place * out_step;
                const auto put = [&](std::size_t p, std::int8_t result) __attribute__((always_inline)) {
                    to[p * out_step] = HasTable ? look_up(weights.table, result) : result;
                };
#if defined(ARCHETYPE_DSP_SCALING)
                if (is_near(channel.shift) && weights.range.minimum <= -128) [[likely]] {
                    const std::int32_t power = near_power(channel.shift), zero = weights.range.zero_point;
#pragma GCC unroll 6
                    for (std::size_t p = 0; p < run.count; ++p) {
                        const std::int32_t x = near_product(2 * sums[p], channel.multiplier, power, zero);
                        put(p, static_cast<std::int8_t>(__ssat(x, 8)));
                    }
                    continue;
                }
#endif
                for (std::size_t p = 0; p < run.count; ++p)
                    put(p, requantize(sums[p], {0, channel.multiplier, channel.shift}, weights.range));
            }
        }
    }
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET
