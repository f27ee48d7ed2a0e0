// SPDX-License-Identifier: BSL-1.0
/// @file recurrent.hpp
/// Recurrent layers in integers: LSTM without peepholes and GRU, with sigmoid and tanh, from a state of zeros. With weights
/// alone in 8 bits all of them.
#pragma once
#include <archetype/execution/lowering/integer_form.hpp>
#include <archetype/kernels/integers/int8_columns.hpp>
#include <archetype/kernels/integers/int8_recurrent.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Layer>
inline constexpr bool is_int8_lstm = false;
template <class Layer>
inline constexpr bool is_int8_gru = false;
template <class Layer>
concept plain_recurrence = !Layer::is_masked && !Layer::has_initial_state && !Layer::is_stateful;
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
requires(Layer::role == layer_role::recurrent) struct integer_form<Layer> : plain_integer_form {
    static constexpr integer_scale scale = integer_scale::fixed;
    static constexpr bool has_16_bits = false;

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
        constexpr kernels::int8_recurrent_geometry g = geometry<typename Call::step>;
        kernels::int8_recurrent<g>(call.in, call.out,
                                   {call.channels(), call.weights(), g.is_lstm ? call.numbers()[0] : 0});
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
            if (name == "kernel" || name == "recurrent_kernel" || name == "peephole_kernel")
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
            inference_call<float, columns>{
                call.in, call.out, call.matrix(0), call.bias, call.scratch, {0, 1}},
            recurrent_weights<Layer, float>::template as_they_are<columns>(matrix, vector), epilogue);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
