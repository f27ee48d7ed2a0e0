// SPDX-License-Identifier: BSL-1.0
/// @file int16_conv2d.hpp
/// Convolutions and dense layers with 16-bit activations, whose zero point is 0, and 8-bit weights, bit for bit as TensorFlow
/// Lite specifies them (its 16x8 scheme): sums and biases of 64 bits.
#pragma once
#include <archetype/kernels/convolution/conv2d_patches.hpp>
#include <archetype/kernels/integers/int8_conv2d.hpp>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// How sums of one filter become results: four words, as they lie in the weights.
struct int16_channel {
    std::uint32_t bias_low;
    std::int32_t bias_high;
    std::int32_t multiplier, shift;
    static constexpr int16_channel of(std::int64_t bias, std::int32_t multiplier, std::int32_t shift) {
        return {static_cast<std::uint32_t>(bias), static_cast<std::int32_t>(bias >> 32), multiplier, shift};
    }
    constexpr std::int64_t bias() const {
        return std::int64_t{bias_high} * (std::int64_t{1} << 32) + bias_low;
    }
    constexpr bool operator==(const int16_channel&) const = default;
};

/// sum * multiplier * 2^(shift - 31) with 15 bits of the multiplier, rounded once, halves upwards
/// (MultiplyByQuantizedMultiplier of 64-bit sums). The sum is below 2^47, the shift -31 to 14.
ARCHETYPE_INLINE constexpr std::int64_t scale_wide_sum(std::int64_t sum, std::int32_t multiplier,
                                                       std::int32_t shift) {
    const std::int32_t reduced = multiplier < 0x7fff0000 ? (multiplier + (1 << 15)) >> 16 : 0x7fff;
    const std::int32_t places = 15 - shift;
    return (sum * reduced + (std::int64_t{1} << (places - 1))) >> places;
}

/// A sum of products as a result from `minimum` to 32767.
ARCHETYPE_INLINE constexpr std::int16_t requantize(std::int64_t sum, const int16_channel& channel,
                                                   std::int32_t minimum) {
    const std::int64_t x = scale_wide_sum(sum + channel.bias(), channel.multiplier, channel.shift);
    return static_cast<std::int16_t>(x > 32767 ? 32767 : x < minimum ? minimum : x);
}

/// A function of 16-bit numbers between the points of a table of 513, 128 numbers apart (LUTLookup).
ARCHETYPE_INLINE constexpr std::int16_t look_up(const std::int16_t* table, std::int16_t x) {
    const std::int32_t at = 256 + (x >> 7), low = table[at], high = table[at + 1];
    return static_cast<std::int16_t>(low + (((high - low) * (x & 127) + 64) >> 7));
}

/// What the kernel reads. Weights are [filter][kernel row][kernel column][channel of the group].
struct int16_conv2d_weights {
    const int16_channel* channels;
    const std::int8_t* weights;
    const std::int16_t* table;       ///< activations, or null
    const std::int16_t* pool_table;  ///< activations after the pooling, or null
    std::int32_t minimum;            ///< -32768, or 0 for a rectifier
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Filters of a group that are summed at once, so that activations are read once for them.
template <conv2d_geometry G>
inline constexpr std::size_t wide_filters = largest_divisor(G.group_filters(), 4);

/// The products of some filters with what they see. Up to 516 of them a sum has 32 bits.
template <conv2d_geometry G, std::size_t Filters>
ARCHETYPE_INLINE void sum_wide(const std::int16_t* in, const std::int8_t* weights,
                               std::int64_t (&totals)[Filters]) {
    constexpr std::size_t part = 512;
    constexpr bool is_run = G.win.dilation_width == 1 && G.in.pixel_stride == G.group_inputs();
    constexpr std::size_t runs = is_run ? 1 : G.win.kernel_width,
                          length = G.taps() / G.win.kernel_height / runs;
    std::int32_t sums[Filters] = {};
    for (std::int64_t& total : totals) total = 0;
    const auto widen = [&]() __attribute__((always_inline)) {
        for (std::size_t f = 0; f < Filters; ++f) totals[f] += sums[f], sums[f] = 0;
    };
    for (std::size_t ky = 0; ky < G.win.kernel_height; ++ky)
        for (std::size_t kx = 0; kx < runs; ++kx) {
            const std::int16_t* const at = in + ky * G.win.dilation_height * G.in.row_stride +
                                           kx * G.win.dilation_width * G.in.pixel_stride;
            for (std::size_t first = 0; first < length; first += part) {
                const std::size_t last = length < first + part ? length : first + part;
                for (std::size_t i = first; i < last; ++i)
#pragma GCC unroll 4
                    for (std::size_t f = 0; f < Filters; ++f)
                        sums[f] += std::int32_t{at[i]} * weights[f * G.taps() + i];
                if constexpr (G.taps() > part) widen();
            }
            weights += length;
        }
    widen();
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// One sample: convolution, activations, and the pooling on the fly.
template <int8_conv2d_geometry G>
void int16_conv2d(const std::int16_t* in, std::int16_t* out, const int16_conv2d_weights& weights) {
    constexpr conv2d_geometry conv = G.conv;
    constexpr std::size_t filters = detail::wide_filters<conv>;
    constexpr std::size_t down = conv.win.stride_height * conv.in.row_stride,
                          right = conv.win.stride_width * conv.in.pixel_stride;
    in += detail::first_tap(conv);
    out += G.stored.offset;
    for (std::size_t y = 0; y < G.stored.height; ++y)
        for (std::size_t x = 0; x < G.stored.width; ++x) {
            const std::int16_t* const from =
                in + y * G.pool.stride_height * down + x * G.pool.stride_width * right;
            std::int16_t* const to = out + y * G.stored.row_stride + x * G.stored.pixel_stride;
            for (std::size_t first = 0; first < conv.out.channels; first += filters) {
                std::int32_t pooled[filters];
                for (std::int32_t& value : pooled) value = G.pool.is_max ? -32768 : 0;
                for (std::size_t ky = 0; ky < G.pool.height; ++ky)
                    for (std::size_t kx = 0; kx < G.pool.width; ++kx) {
                        std::int64_t sums[filters];
                        detail::sum_wide<conv>(from + ky * down + kx * right +
                                                   first / conv.group_filters() * conv.group_inputs(),
                                               weights.weights + first * conv.taps(), sums);
                        for (std::size_t f = 0; f < filters; ++f) {
                            std::int16_t cell =
                                requantize(sums[f], weights.channels[first + f], weights.minimum);
                            if constexpr (G.has_table) cell = look_up(weights.table, cell);
                            if constexpr (G.pool.is_max)
                                pooled[f] = cell > pooled[f] ? cell : pooled[f];
                            else
                                pooled[f] += cell;
                        }
                    }
                for (std::size_t f = 0; f < filters; ++f) {
                    if constexpr (!G.pool.is_max)
                        pooled[f] = rounded_mean(pooled[f], static_cast<std::int32_t>(G.pool.cells()));
                    std::int16_t result = static_cast<std::int16_t>(pooled[f]);
                    if constexpr (G.has_pool_table) result = look_up(weights.pool_table, result);
                    to[first + f] = result;
                }
            }
        }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
