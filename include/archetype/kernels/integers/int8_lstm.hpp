// SPDX-License-Identifier: BSL-1.0
/// @file int8_lstm.hpp
/// LSTM whose state h has 8 bits and whose long-term state has 16, bit for bit as TensorFlow Lite Micro's reference kernel
/// computes it: each gate is two sums of 16 bits with 12 after the point, sigmoid and tanh are one table with lines between
/// its points.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/integers/int8_requantize.hpp>
#include <array>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A layer of `units` with gates i, f, c, o.
struct int8_lstm_geometry {
    image in, out;  ///< rows of one pixel for each time step; `out` has one pixel without `sequences`
    std::size_t units = 1;
    bool sequences = false, reversed = false;
    constexpr bool operator==(const int8_lstm_geometry&) const = default;
    constexpr std::size_t features() const { return in.channels; }
    constexpr std::size_t columns() const { return 4 * units; }
};

/// Numbers of an LSTM beside those of its gates, as they lie in the weights.
struct int8_lstm_numbers {
    std::int32_t state_bits;         ///< after the point of the long-term state, 0 to 15
    std::int32_t state_limit;        ///< it stays within plus and minus this
    std::int32_t multiplier, shift;  ///< of 30 bits after the point to results
    std::int32_t zero_point;         ///< of results
};

/// `columns` channels for products with the input, then as many for products with h; weights [column][feature], then
/// [column][unit].
struct int8_lstm_weights {
    const int8_lstm_numbers* numbers;
    const int8_channel* channels;
    const std::int8_t* weights;
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// 2^16 sigmoid(i / 24), moved by half of what a line to the next point misses in the middle; the last is the largest.
/// `Used`, here and below, is true; it depends on a layer, so that programs without such a layer do not compute the table.
template <bool Used = true>
inline constexpr auto gate_table = [] {
    const auto at = [](double x) { return 65536 / (1 + expression::elementary::exp(-x)); };
    std::array<std::uint16_t, 256> made{};
    for (int i = 0; i < 255; ++i) {
        const double here = at(i / 24.0), missed = at((i + 0.5) / 24.0) - (here + at((i + 1) / 24.0)) / 2;
        const double rounded = here + missed / 2 + 0.5;
        made[static_cast<std::size_t>(i)] = static_cast<std::uint16_t>(rounded);
    }
    made[255] = 65535;
    return made;
}();

/// Between the points of the table, x = |number| * 2^bits / 24; with `bits` bits more than the table. Beyond it: `end`.
template <bool Used = true>
ARCHETYPE_INLINE constexpr std::uint32_t on_gate_table(std::uint32_t x, std::uint32_t bits,
                                                       std::uint32_t end) {
    const std::uint32_t place = x >> bits;
    if (place >= 255) return end;
    const std::uint32_t low = gate_table<Used>[place], high = gate_table<Used>[place + 1];
    return (low << bits) + (x & ((1u << bits) - 1)) * (high - low);
}

/// Of a number with 12 bits after the point, with 15 bits after it.
template <bool Used = true>
ARCHETYPE_INLINE constexpr std::int32_t gate_sigmoid(std::int32_t x) {
    const std::int32_t scaled = 3 * x;
    const auto size = static_cast<std::uint32_t>(scaled < 0 ? -scaled : scaled);
    const std::uint32_t found = on_gate_table<Used>(size, 9, 0x7fffu << 10);
    return static_cast<std::int32_t>((scaled >= 0 ? found + (1u << 9) : (1u << 25) - found + (1u << 9) - 1) >>
                                     10);
}

/// tanh(x) = 2 sigmoid(2 x) - 1 of a number with `bits` bits after the point, with 15 bits after it.
template <bool Used = true>
ARCHETYPE_INLINE constexpr std::int32_t gate_tanh(std::int32_t x, std::int32_t bits) {
    const std::int32_t scaled =
        bits <= 12 ? 3 * (x * (1 << (12 - bits))) : (3 * x + (1 << (bits - 13))) >> (bits - 12);
    const auto size = static_cast<std::uint32_t>(scaled < 0 ? -scaled : scaled);
    const auto found = static_cast<std::int32_t>(on_gate_table<Used>(size, 8, 0xffffu << 8));
    return (scaled >= 0 ? found - (1 << 23) + (1 << 7) : -found + (1 << 23) + (1 << 7) - 1) >> 8;
}

ARCHETYPE_INLINE constexpr std::int32_t within_16_bits(std::int32_t x) {
    return x < -32768 ? -32768 : x > 32767 ? 32767 : x;
}

/// The sum of products with a row of weights, with 12 bits after the point, as a number of 16 bits.
[[gnu::noinline]] inline std::int32_t int8_gate_sum(const std::int8_t* values, const std::int8_t* weights,
                                                    std::size_t count, const int8_channel& channel) {
    std::int32_t sum = channel.bias;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < count; ++i) sum += std::int32_t{values[i]} * weights[i];
    return within_16_bits(multiply_by_quantized_multiplier(sum, channel.multiplier, channel.shift));
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// What lasts from step to step.
template <int8_lstm_geometry G>
struct int8_lstm_state {
    std::int16_t state[G.units] = {};
    std::int8_t h[G.units];
    /// Where h lies, and how much there is without what aligns it.
    static constexpr std::size_t h_at = 2 * G.units;
    static constexpr std::size_t bytes = 3 * G.units;

    explicit int8_lstm_state(const int8_lstm_numbers& numbers) {
        for (std::int8_t& one : h) one = static_cast<std::int8_t>(numbers.zero_point);
    }
};

/// One time step: from the states to the next ones, of which h is the result.
template <int8_lstm_geometry G>
ARCHETYPE_INLINE void int8_lstm_step(const std::int8_t* x, const int8_lstm_weights& weights,
                                     std::int16_t* state, std::int8_t* h) {
    using namespace detail;
    constexpr std::size_t units = G.units, columns = G.columns();
    const int8_lstm_numbers& numbers = *weights.numbers;
    const std::int8_t* const recurrent = weights.weights + columns * G.features();
    std::int16_t gates[4][units];
    // Factors of gates with 15 bits after the point, and of products of two of them, to the long-term state: powers of two.
    constexpr std::int32_t half = 1 << 30;
    const std::int32_t added_shift = numbers.state_bits - 29;
    for (std::size_t g = 0; g < 4; ++g)
        for (std::size_t u = 0; u < units; ++u) {
            const std::size_t column = g * units + u;
            const std::int32_t sum = within_16_bits(
                int8_gate_sum(x, weights.weights + column * G.features(), G.features(),
                              weights.channels[column]) +
                int8_gate_sum(h, recurrent + column * units, units, weights.channels[columns + column]));
            gates[g][u] = static_cast<std::int16_t>(g == 2 ? gate_tanh<units != 0>(sum, 12)
                                                           : gate_sigmoid<units != 0>(sum));
        }
    for (std::size_t u = 0; u < units; ++u) {
        const std::int32_t kept =
            multiply_by_quantized_multiplier(std::int32_t{gates[1][u]} * state[u], half, -14);
        const std::int32_t added = within_16_bits(
            multiply_by_quantized_multiplier(std::int32_t{gates[0][u]} * gates[2][u], half, added_shift));
        const std::int32_t sum = within_16_bits(kept + added);
        state[u] = static_cast<std::int16_t>(sum > numbers.state_limit    ? numbers.state_limit
                                             : sum < -numbers.state_limit ? -numbers.state_limit
                                                                          : sum);
        h[u] = clamp(multiply_by_quantized_multiplier(
                         gate_tanh<units != 0>(state[u], numbers.state_bits) * gates[3][u],
                         numbers.multiplier, numbers.shift) +
                         numbers.zero_point,
                     {0, -128});
    }
}

/// One sample, from states of zeros.
template <int8_lstm_geometry G>
void int8_lstm(const std::int8_t* in, std::int8_t* out, const int8_lstm_weights& weights) {
    constexpr std::size_t time = G.in.width;
    int8_lstm_state<G> state(*weights.numbers);
    for (std::size_t step = 0; step < time; ++step) {
        const std::size_t t = G.reversed ? time - 1 - step : step;
        int8_lstm_step<G>(in + G.in.offset + t * G.in.pixel_stride, weights, state.state, state.h);
        if (G.sequences || step + 1 == time)
            for (std::size_t u = 0; u < G.units; ++u)
                out[G.out.offset + (G.sequences ? t * G.out.pixel_stride : 0) + u] = state.h[u];
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
