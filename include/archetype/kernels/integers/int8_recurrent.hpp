// SPDX-License-Identifier: BSL-1.0
/// @file int8_recurrent.hpp
/// LSTM and GRU with 8-bit inputs and weights: products read states of 16 bits with 15 after the point, what goes into
/// sigmoid and tanh has 12 (within +-8). What lasts from step to step, h of a GRU and the long-term state of an LSTM, has
/// 15 bits more, so that small updates add up; the latter stays within a power of two that calibration chooses.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/kernels/images/image.hpp>
#include <archetype/kernels/integers/int8_requantize.hpp>
#include <array>

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// A recurrent layer of `features` inputs; gates i, f, c, o of an LSTM, z, r, h of a GRU.
struct int8_recurrent_geometry {
    image in, out;  ///< rows of one pixel for each time step; `out` has one pixel without `sequences`
    std::size_t units = 1;
    bool is_lstm = true, reset_after = false, sequences = false, reversed = false;
    constexpr bool operator==(const int8_recurrent_geometry&) const = default;
    constexpr std::size_t features() const { return in.channels; }
    constexpr std::size_t gates() const { return is_lstm ? 4 : 3; }
    constexpr std::size_t columns() const { return gates() * units; }
};

/// `columns` channels for products with the input, then as many for products with the state; weights
/// [column][feature], then [column][unit].
struct int8_recurrent_weights {
    const int8_channel* channels;
    const std::int8_t* weights;
    std::int32_t state_power = 0;  ///< an LSTM's long-term state stays within +-2^state_power, 0 to 15
};

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Values at -8, -8 + 1/32, ..., 8, with 15 bits after the point.
template <class Function>
constexpr auto make_curve(Function f) {
    std::array<std::int16_t, 513> values{};
    for (int i = 0; i < 513; ++i) {
        const double scaled = 32768 * f((i - 256) / 32.0);
        const double rounded = scaled < 0 ? scaled - 0.5 : scaled + 0.5;
        values[static_cast<std::size_t>(i)] =
            rounded >= 32767 ? std::int16_t{32767} : static_cast<std::int16_t>(rounded);
    }
    return values;
}
/// `Used` is true; it depends on a layer, so that programs without such a layer do not compute the curves.
template <bool Used>
inline constexpr auto sigmoid_curve = make_curve([](double x) {
    return 1 / (1 + expression::elementary::exp(-x));
});
template <bool Used>
inline constexpr auto tanh_curve = make_curve([](double x) {
    return 1 - 2 / (1 + expression::elementary::exp(2 * x));
});

/// Between two points of a curve: within 4 / 2^15 of it. x has 12 bits after the point.
ARCHETYPE_INLINE std::int32_t on_curve(const std::array<std::int16_t, 513>& curve, std::int32_t x) {
    x += 32768;
    const std::size_t at = static_cast<std::size_t>(x >> 7);
    const std::int32_t low = curve[at], high = curve[at + 1];
    return low + (((high - low) * (x & 127) + 64) >> 7);
}

ARCHETYPE_INLINE std::int32_t saturate16(std::int32_t x) {
    return x < -32768 ? -32768 : x > 32767 ? 32767 : x;
}
/// a b with 15 bits after the point in a.
ARCHETYPE_INLINE std::int32_t fraction_of(std::int32_t a, std::int32_t b) {
    return (a * b + (1 << 14)) >> 15;
}

/// The number with 15 bits less, rounded.
ARCHETYPE_INLINE std::int16_t upper_half(std::int32_t x) {
    return static_cast<std::int16_t>(saturate16((x + (1 << 14)) >> 15));
}
/// a b with 15 bits after the point in a, for numbers of 32 bits.
ARCHETYPE_INLINE std::int32_t wide_fraction_of(std::int32_t a, std::int64_t b) {
    return static_cast<std::int32_t>((a * b + (1 << 14)) >> 15);
}

/// The sum of products with a row of weights, with 12 bits after the point. The bias and a part of 256 products are below
/// 2^30 each. What is beyond +-2^24 stays there.
template <class T>
[[gnu::noinline]] std::int32_t gate_sum(const T* values, const std::int8_t* weights, std::size_t count,
                                        const int8_channel& channel) {
    std::int64_t total = 0;
    for (std::size_t first = 0; first == 0 || first < count; first += 256) {
        const std::size_t last = count < first + 256 ? count : first + 256;
        std::int32_t sum = first == 0 ? channel.bias : 0;
#pragma GCC unroll 4
        for (std::size_t i = first; i < last; ++i) sum += std::int32_t{values[i]} * weights[i];
        total += multiply_by_quantized_multiplier(sum, channel.multiplier, channel.shift);
    }
    constexpr std::int64_t limit = 1 << 24;
    return static_cast<std::int32_t>(total > limit ? limit : total < -limit ? -limit : total);
}

}  // namespace archetype::kernels::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET {

/// What lasts from step to step.
template <int8_recurrent_geometry G>
struct int8_recurrent_state {
    std::int32_t state[G.units] = {};  ///< with 30 bits for the power of two that it covers: 1 for h of a GRU
    std::int16_t h[G.units] = {};
    /// Where h lies, and how much there is without what aligns it.
    static constexpr std::size_t h_at = 4 * G.units;
    static constexpr std::size_t bytes = 6 * G.units;
};

/// One time step: from the state to the next one, and results with the scale 1 / 128 and the zero point 0.
/// @param out  null for none
template <int8_recurrent_geometry G>
ARCHETYPE_INLINE void int8_recurrent_step(const std::int8_t* x, std::int8_t* out,
                                          const int8_recurrent_weights& weights, std::int32_t* state,
                                          std::int16_t* h) {
    using namespace detail;
    constexpr std::size_t units = G.units, columns = G.columns();
    std::int16_t gates[G.gates()][units], read[G.is_lstm ? 1 : units];
    [[maybe_unused]] const std::int32_t power = weights.state_power, half = power == 0 ? 0 : 1 << (power - 1);
    const std::int8_t* const recurrent = weights.weights + columns * G.features();
    const int8_channel* const recurrent_channels = weights.channels + columns;
    const auto input_sum = [&](std::size_t column) {
        return gate_sum(x, weights.weights + column * G.features(), G.features(), weights.channels[column]);
    };
    const auto state_sum = [&](const std::int16_t* read_state, std::size_t column) {
        return gate_sum(read_state, recurrent + column * units, units, recurrent_channels[column]);
    };
    // The candidate of a GRU comes after the reset gate.
    for (std::size_t g = 0; g < (G.is_lstm ? 4 : 2); ++g)
        for (std::size_t u = 0; u < units; ++u) {
            const std::int32_t sum = saturate16(input_sum(g * units + u) + state_sum(h, g * units + u));
            gates[g][u] = static_cast<std::int16_t>(
                on_curve(G.is_lstm && g == 2 ? tanh_curve<units != 0> : sigmoid_curve<units != 0>, sum));
        }
    if constexpr (G.is_lstm) {
        constexpr std::int32_t limit = 1 << 30;
        for (std::size_t u = 0; u < units; ++u) {
            const std::int32_t kept = wide_fraction_of(gates[1][u], state[u]);
            const std::int32_t added = (std::int32_t{gates[0][u]} * gates[2][u] + half) >> power;
            const std::int32_t sum = kept + added;
            state[u] = sum > limit ? limit : sum < -limit ? -limit : sum;
            const std::int32_t seen = (state[u] + (1 << (17 - power))) >> (18 - power);
            h[u] = static_cast<std::int16_t>(
                fraction_of(gates[3][u], on_curve(tanh_curve<units != 0>, saturate16(seen))));
        }
    } else {
        for (std::size_t u = 0; u < units; ++u)
            read[u] = static_cast<std::int16_t>(G.reset_after ? 0 : fraction_of(gates[1][u], h[u]));
        for (std::size_t u = 0; u < units; ++u) {
            const std::size_t column = 2 * units + u;
            std::int32_t sum = state_sum(G.reset_after ? h : read, column);
            if constexpr (G.reset_after) sum = fraction_of(gates[1][u], saturate16(sum));
            gates[2][u] = static_cast<std::int16_t>(
                on_curve(tanh_curve<units != 0>, saturate16(sum + input_sum(column))));
        }
        for (std::size_t u = 0; u < units; ++u) {
            const std::int32_t fresh = std::int32_t{gates[2][u]} * (1 << 15);
            state[u] = fresh + wide_fraction_of(gates[0][u], std::int64_t{state[u]} - fresh);
            h[u] = upper_half(state[u]);
        }
    }
    if (out != nullptr)
        for (std::size_t u = 0; u < units; ++u) {
            const std::int32_t result = (h[u] + 128) >> 8;
            out[u] = static_cast<std::int8_t>(result > 127 ? 127 : result);
        }
}

/// One sample, from a state of zeros.
template <int8_recurrent_geometry G>
void int8_recurrent(const std::int8_t* in, std::int8_t* out, const int8_recurrent_weights& weights) {
    constexpr std::size_t time = G.in.width;
    int8_recurrent_state<G> state;
    for (std::size_t step = 0; step < time; ++step) {
        const std::size_t t = G.reversed ? time - 1 - step : step;
        int8_recurrent_step<G>(in + G.in.offset + t * G.in.pixel_stride,
                               G.sequences || step + 1 == time
                                   ? out + G.out.offset + (G.sequences ? t * G.out.pixel_stride : 0)
                                   : nullptr,
                               weights, state.state, state.h);
    }
}

}  // namespace archetype::kernels::inline ARCHETYPE_INSTRUCTION_SET
