// SPDX-License-Identifier: BSL-1.0
/// @file recurrent.hpp
/// LSTM, GRU and simple recurrent layers in ONNX.
#pragma once
#include <archetype/architecture/layers/recurrent.hpp>
#include <archetype/interchange/onnx/expression.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Functions that ONNX's cells may have.
template <class Layer>
inline constexpr bool is_onnx_cell_function = false;
template <>
inline constexpr bool is_onnx_cell_function<archetype::tanh> = true;
template <>
inline constexpr bool is_onnx_cell_function<archetype::sigmoid> = true;
template <>
inline constexpr bool is_onnx_cell_function<archetype::relu> = true;
template <>
inline constexpr bool is_onnx_cell_function<archetype::softplus> = true;
template <>
inline constexpr bool is_onnx_cell_function<archetype::softsign> = true;
template <double Slope>
inline constexpr bool is_onnx_cell_function<archetype::leaky_relu<Slope>> = true;
template <double Alpha>
inline constexpr bool is_onnx_cell_function<archetype::elu<Alpha>> = true;
template <double Slope, double Offset>
inline constexpr bool is_onnx_cell_function<archetype::hard_sigmoid<Slope, Offset>> = true;

/// The functions of a cell and their numbers, as the attributes of a node say them.
struct onnx_cell_functions {
    std::vector<std::string> names;
    std::vector<double> alphas, betas;
    template <class Layer>
    void add() {
        names.emplace_back(onnx_activation<Layer>::text);
        if constexpr (requires {
                          Layer::slope;
                          Layer::offset;
                      })
            alphas.push_back(Layer::slope), betas.push_back(Layer::offset);
        else if constexpr (requires { Layer::slope; })
            alphas.push_back(Layer::slope);
        else if constexpr (requires { Layer::alpha; })
            alphas.push_back(Layer::alpha);
    }
};

/// What ONNX calls a cell, the place of each of its gates among the library's, and its functions.
template <class Cell>
struct onnx_cell {
    static constexpr bool exists = false;
};
template <class F>
struct onnx_cell<simple_rnn_cell<F>> {
    static constexpr bool exists = is_onnx_cell_function<F>;
    static constexpr std::string_view text = "RNN";
    static constexpr std::size_t gates[] = {0};
    static constexpr bool is_linear_before_reset = false;
    static void functions(onnx_cell_functions& to) { to.add<F>(); }
};
template <class F, class G, peephole Peephole>
struct onnx_cell<lstm_cell<F, G, Peephole>> {
    static constexpr bool exists =
        Peephole != peephole::full && is_onnx_cell_function<F> && is_onnx_cell_function<G>;
    static constexpr std::string_view text = "LSTM";
    static constexpr std::size_t gates[] = {0, 3, 1, 2};  // i, o, f, c of i, f, c, o
    static constexpr bool is_linear_before_reset = false;
    static void functions(onnx_cell_functions& to) { to.add<G>(), to.add<F>(), to.add<F>(); }
};
template <class F, class G, bool ResetAfter>
struct onnx_cell<gru_cell<F, G, ResetAfter>> {
    static constexpr bool exists = is_onnx_cell_function<F> && is_onnx_cell_function<G>;
    static constexpr std::string_view text = "GRU";
    static constexpr std::size_t gates[] = {0, 1, 2};
    static constexpr bool is_linear_before_reset = ResetAfter;
    static void functions(onnx_cell_functions& to) { to.add<G>(), to.add<F>(); }
};

/// Masked steps depend on the values; full peepholes, projections and normalized sums are not ONNX's.
template <class Layer>
inline constexpr bool has_onnx_cell =
    onnx_cell<typename Layer::cell>::exists && !Layer::is_masked && !Layer::is_projected &&
    !Layer::is_normalized && !Layer::is_along && !Layer::is_in_blocks;

template <class Layer, class T>
onnx_value write_onnx_recurrent(const onnx_call<T>& call) {
    using cell = onnx_cell<typename Layer::cell>;
    constexpr std::size_t gates = std::size(cell::gates), units = Layer::units, columns = gates * units;
    constexpr auto wide = static_cast<std::int64_t>(columns), state_width = static_cast<std::int64_t>(units);
    onnx_writer& to = call.to;
    // A layer of `with_states` reads one vector, the sequence and its first states, and gives one, the results and its last ones.
    constexpr bool takes_states = Layer::takes_states, gives_states = Layer::gives_states;
    constexpr std::size_t states = Layer::structure.states;
    const std::size_t features = call.extents("kernel")[0];
    /// Column of the library's matrices that ONNX's row `r` is.
    const auto column = [](std::size_t r) { return cell::gates[r / units] * units + r % units; };
    const onnx_attributes steps_first = onnx_attributes().add("perm", onnx_extents{1, 0, 2});

    const std::int64_t all = static_cast<std::int64_t>(call.at.input.size()),
                       own = all - (takes_states ? static_cast<std::int64_t>(states) * state_width : 0);
    const auto part = [&](std::int64_t first, std::int64_t last) {
        return to.add("Slice",
                      {to.last(call.in()), to.numbers({first}), to.numbers({last}), to.numbers({1})});
    };
    const std::string sequence = takes_states
                                     ? to.reshape(part(0, own), {own / static_cast<std::int64_t>(features),
                                                                 static_cast<std::int64_t>(features)})
                                     : to.last(call.in());
    const std::string x = to.add("Transpose", {sequence}, steps_first);
    std::vector<std::string> inputs{x};
    inputs.push_back(call.moved("kernel", {1, wide, static_cast<std::int64_t>(features)}, [&](std::size_t i) {
        return i % features * columns + column(i / features);
    }));
    inputs.push_back(call.moved("recurrent_kernel", {1, wide, state_width},
                                [&](std::size_t i) { return i % units * columns + column(i / units); }));
    inputs.emplace_back();
    if (call.has("bias"))
        inputs.back() = call.moved("bias", {1, 2 * wide}, [&](std::size_t i) {
            const bool is_second = i >= columns;
            if (is_second && !Layer::has_two_biases) return no_tensor;
            return (is_second ? columns : 0) + column(i % columns);
        });
    inputs.resize(7);
    for (std::size_t k = 0; takes_states && k < states; ++k) {
        const std::int64_t first = own + static_cast<std::int64_t>(k) * state_width;
        inputs[5 + k] = to.add("Unsqueeze", {part(first, first + state_width), to.numbers({0})});
    }
    if constexpr (Layer::has_initial_state) {
        const std::string batch = to.add("Slice", {to.add("Shape", {x}), to.numbers({1}), to.numbers({2})});
        const std::string extents = to.add("Concat", {to.numbers({1}), batch, to.numbers({state_width})},
                                           onnx_attributes().add("axis", 0));
        const std::string all = call.parameter("initial_state");
        for (std::size_t k = 0; k < Layer::structure.states; ++k) {
            const auto row = static_cast<std::int64_t>(k);
            const std::string one = to.add("Slice", {all, to.numbers({row}), to.numbers({row + 1})});
            inputs[5 + k] = to.add("Expand", {one, extents});
        }
    }
    if constexpr (Layer::has_peephole)
        inputs.push_back(call.moved("peephole", {1, 3 * state_width}, [&](std::size_t i) {
            constexpr std::size_t order[] = {0, 2, 1};  // i, o, f of i, f, o
            return order[i / units] * units + i % units;
        }));
    while (inputs.back().empty()) inputs.pop_back();

    onnx_cell_functions functions;
    cell::functions(functions);
    onnx_attributes attributes;
    attributes.add("hidden_size", state_width).add("activations", functions.names);
    if (!functions.alphas.empty()) attributes.add("activation_alpha", functions.alphas);
    if (!functions.betas.empty()) attributes.add("activation_beta", functions.betas);
    if (Layer::is_reversed) attributes.add("direction", "reverse");
    if (cell::is_linear_before_reset) attributes.add("linear_before_reset", 1);
    const std::vector<std::string> results = to.add(cell::text, inputs, attributes, 1 + states);
    if (gives_states) {
        std::vector<std::string> parts;
        if (Layer::returns_sequences)
            parts.push_back(to.reshape(
                to.add("Transpose", {to.add("Squeeze", {results[0], to.numbers({1})})}, steps_first), {-1}));
        for (std::size_t k = 0; k < states; ++k)
            parts.push_back(to.add("Squeeze", {results[1 + k], to.numbers({0})}));
        return call.last(parts.size() == 1 ? parts[0]
                                           : to.add("Concat", parts, onnx_attributes().add("axis", 1)));
    }
    if (!Layer::returns_sequences) return call.last(to.add("Squeeze", {results[1], to.numbers({0})}));
    return call.last(to.add("Transpose", {to.add("Squeeze", {results[0], to.numbers({1})})}, steps_first));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
