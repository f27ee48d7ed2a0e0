// SPDX-License-Identifier: BSL-1.0
/// @file recurrent.hpp
/// Recurrent layers in integers: LSTM without peepholes and GRU, with sigmoid and tanh, from a state of zeros; an LSTM with
/// `int8_states` as TensorFlow Lite's. With weights alone in 8 bits all of them.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/kernels/integers/int8_columns.hpp>
#include <archetype/kernels/integers/int8_lstm.hpp>
#include <archetype/kernels/integers/int8_recurrent.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
inline constexpr bool is_int8_lstm = false;
template <class Layer>
inline constexpr bool is_int8_gru = false;
template <class Layer>
concept plain_recurrence =
    !Layer::is_masked && !Layer::has_initial_state && !Layer::is_stateful && !Layer::is_projected &&
    !Layer::is_normalized && !Layer::is_along && !Layer::is_in_blocks;
template <plain_recurrence Layer>
inline constexpr bool is_int8_lstm<Layer> =
    std::is_same_v<typename Layer::cell, lstm_cell<tanh, sigmoid, peephole::none>>;
template <plain_recurrence Layer>
inline constexpr bool is_int8_gru<Layer> =
    std::is_same_v<typename Layer::cell, gru_cell<tanh, sigmoid, false>> ||
    std::is_same_v<typename Layer::cell, gru_cell<tanh, sigmoid, true>>;

/// The least power of two that a range does not exceed (TensorFlow Lite's GetPowerOfTwoScale), 15 at most: what a state of
/// 16 bits, or its upper half here, covers.
constexpr std::int32_t power_of_two_of(double low, double high) {
    const double most = -low < high ? high : -low;
    std::int32_t power = 0;
    while (power < 15 && static_cast<double>(1 << power) < most) ++power;
    return power;
}

template <class Layer>
inline constexpr bool has_int8_states = false;
template <class Layer>
requires(Layer::role == layer_role::recurrent && requires {
    Layer::options;
}) inline constexpr bool has_int8_states<Layer> = Layer::options.has(option::int8_states);

/// With states of more than 8 and 16 bits.
template <class Layer>
struct recurrent_integer_form : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::fixed;
    static constexpr bool has_16_bits = false, in_streams = true;

    template <class Step>
    static constexpr kernels::int8_recurrent_geometry geometry{
        Step::in,
        Step::out,
        Layer::units,
        is_int8_lstm<Layer>,
        std::is_same_v<typename Layer::cell, gru_cell<tanh, sigmoid, true>>,
        Layer::returns_sequences,
        Layer::is_reversed};

    template <class Step, class Number>
    static constexpr integer_rule broken() {
        if (Layer::is_projected || Layer::is_normalized || Layer::is_along || Layer::is_in_blocks)
            return integer_rule::recurrence_is_an_lstm_or_gru;
        if (!plain_recurrence<Layer> || Layer::takes_states || Layer::gives_states)
            return integer_rule::recurrence_starts_from_zeros;
        return is_int8_lstm<Layer> || is_int8_gru<Layer> ? integer_rule::ok
                                                         : integer_rule::recurrence_is_an_lstm_or_gru;
    }
    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        constexpr kernels::int8_recurrent_geometry g = geometry<Step>;
        return {g.is_lstm ? 1 : 0, 2 * g.columns(), g.columns() * (g.features() + g.units)};
    }
    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        kernels::int8_recurrent<geometry<typename Call::step>>(call.in, call.out, weights_of(call));
    }
    template <class Step>
    using state_of = kernels::int8_recurrent_state<geometry<Step>>;
    template <class Step>
    static constexpr std::size_t remembered = state_of<Step>::bytes;
    template <class Call>
    static void start(const Call&, void* state) {
        constexpr state_of<typename Call::step> zeros;
        __builtin_memcpy(state, &zeros, zeros.bytes);
    }
    template <class Call>
    static void run_row(const Call& call, void* state) {
        using own = state_of<typename Call::step::whole>;
        auto* const bytes = static_cast<std::int8_t*>(state);
        kernels::int8_recurrent_step<geometry<typename Call::step>>(
            call.in, call.out, weights_of(call), reinterpret_cast<std::int32_t*>(bytes),
            reinterpret_cast<std::int16_t*>(bytes + own::h_at));
    }
    template <class Call>
    ARCHETYPE_INLINE static kernels::int8_recurrent_weights weights_of(const Call& call) {
        return {call.channels(), call.weights(), is_int8_lstm<Layer> ? call.numbers()[0] : 0};
    }
    template <class Make>
    static auto quantize(const Make& make) {
        using Step = typename Make::step;
        constexpr kernels::int8_recurrent_geometry g = geometry<Step>;
        const auto row = [&](std::size_t index) {
            return [&, first = inference_tensor_offset(Step::at, index)](std::size_t column, std::size_t i) {
                return make.weight(first + i * g.columns() + column);
            };
        };
        // The second bias belongs to the products with the state.
        const auto bias = [&](std::size_t first, bool is_there) {
            return [&make, first, is_there](std::size_t column) {
                return is_there ? make.weight(inference_tensor_offset(Step::at, Layer::tensors.bias) + first +
                                              column)
                                : 0.0;
            };
        };
        make.rows(g.columns(), g.features(), make.input(), row(Layer::tensors.kernel),
                  bias(0, Layer::has_bias));
        make.rows(g.columns(), g.units, make.fixed(1.f / 32768, 0), row(Layer::tensors.recurrent_kernel),
                  bias(g.columns(), Layer::has_two_biases));
        if (g.is_lstm) make.made.numbers = {power_of_two_of(make.state().low, make.state().high)};
        return make.fixed(1.f / 128, 0);
    }
    template <class Step, class T, class SeeState>
    static void reference(const T* in, T* out, const T* weights, const T*, const SeeState& see_state) {
        lowering<Layer>::template reference_observed<Step, T>(in, out, weights, [&](const T* states) {
            if constexpr (is_int8_lstm<Layer>)
                for (std::size_t u = 0; u < Layer::units; ++u) see_state(states[Layer::units + u]);
        });
    }

    template <class Step, class Add>
    static constexpr void narrow_tensors(std::uint64_t, const Add& add) {
        constexpr const node& at = Step::at;
        for (std::size_t i = 0; i < at.parameter_tensors; ++i) {
            const text_view name = at.parameters[i].name;
            const shape& extents = at.parameters[i].extents;
            const std::uint64_t first = inference_tensor_offset(at, i);
            if (name == "kernel" || name == "recurrent_kernel" || name == "peephole_kernel" ||
                name == "projection_kernel")
                add(first, extents[0], extents[1]);
            else
                add(first, 0, extents.size());
        }
    }
    template <class Step, class Call, class Epilogue>
    ARCHETYPE_INLINE static void infer_narrow(const Call& call, const Epilogue& epilogue) {
        using columns = kernels::int8_columns<float>;
        const auto matrix = [&](std::size_t i) ARCHETYPE_INLINE_LAMBDA { return call.matrix(i); };
        const auto vector = [&](std::size_t i) ARCHETYPE_INLINE_LAMBDA { return call.vector(i); };
        lowering<Layer>::template infer_with<Step, float, false>(
            inference_call<float, columns>{call.in, call.out, call.matrix(0), call.bias, call.scratch,
                                           call.samples},
            recurrent_weights<Layer, float>::template as_they_are<columns>(matrix, vector), epilogue);
    }
};

/// With the results of 8 bits as its state h.
template <class Layer>
struct int8_states_integer_form : recurrent_integer_form<Layer> {
    static constexpr integer_scale scale = integer_scale::as_seen;

    template <class Step>
    static constexpr kernels::int8_lstm_geometry geometry{Step::in, Step::out, Layer::units,
                                                          Layer::returns_sequences, Layer::is_reversed};

    template <class Step, class Number>
    static constexpr integer_sizes sizes(weight_order) {
        constexpr kernels::int8_lstm_geometry g = geometry<Step>;
        return {sizeof(kernels::int8_lstm_numbers) / 4, 2 * g.columns(),
                g.columns() * (g.features() + g.units)};
    }
    template <class Call>
    ARCHETYPE_INLINE static void run(const Call& call) {
        kernels::int8_lstm<geometry<typename Call::step>>(call.in, call.out, weights_of(call));
    }
    template <class Step>
    using state_of = kernels::int8_lstm_state<geometry<Step>>;
    template <class Step>
    static constexpr std::size_t remembered = state_of<Step>::bytes;
    template <class Call>
    static void start(const Call& call, void* state) {
        const state_of<typename Call::step> first(*weights_of(call).numbers);
        __builtin_memcpy(state, &first, first.bytes);
    }
    template <class Call>
    static void run_row(const Call& call, void* state) {
        using own = state_of<typename Call::step::whole>;
        auto* const bytes = static_cast<std::int8_t*>(state);
        auto* const h = bytes + own::h_at;
        kernels::int8_lstm_step<geometry<typename Call::step>>(call.in, weights_of(call),
                                                               reinterpret_cast<std::int16_t*>(bytes), h);
        for (std::size_t u = 0; u < Layer::units; ++u) call.out[u] = h[u];
    }
    template <class Call>
    ARCHETYPE_INLINE static kernels::int8_lstm_weights weights_of(const Call& call) {
        return {reinterpret_cast<const kernels::int8_lstm_numbers*>(call.numbers()), call.channels(),
                call.weights()};
    }
    template <class Make>
    static auto quantize(const Make& make) {
        using Step = typename Make::step;
        constexpr kernels::int8_lstm_geometry g = geometry<Step>;
        const auto result = make.states();
        make.gates(g.columns(), g.features(), make.input(), Layer::tensors.kernel, true);
        make.gates(g.columns(), g.units, result, Layer::tensors.recurrent_kernel, Layer::has_two_biases);
        const auto [bits, limit] = make.long_term_state();
        const auto [multiplier, shift] = make.factor(1.0 / (1 << 30) / static_cast<double>(result.scale));
        make.made.numbers = {bits, limit, multiplier, shift, result.zero_point};
        return result;
    }
};

template <class Layer>
requires(Layer::role == layer_role::recurrent) struct integer_form<Layer>
    : std::conditional_t<has_int8_states<Layer>, int8_states_integer_form<Layer>,
                         recurrent_integer_form<Layer>> {
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
