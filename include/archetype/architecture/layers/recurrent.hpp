// SPDX-License-Identifier: BSL-1.0
/// @file recurrent.hpp
/// Recurrent layers on {time, features}: `simple_rnn`, `lstm`, `gru`, and `recurrent` with a cell of one's own.
///
/// The result is {units}, the first state after the last step, or {time, units} with `return_sequences`. Parameters, as
/// Keras names and stores them: kernel {features, gates * units}, recurrent_kernel {units, gates * units}, bias
/// {gates * units} (two_biases: {2, gates * units}), peephole_kernel {units, 3 * units} or peephole {3, units} (gates i, f,
/// o), initial_state {states, units}. Column block k of a matrix belongs to gate k.
/// Options: return_sequences, two_biases, no_bias, reversed, masking, trainable_initial_state, given_initial_state, stateful,
/// l1 and l2 (of the kernel), kernel_initializer, recurrent_initializer.
#pragma once
#include <archetype/architecture/cells.hpp>
#include <archetype/architecture/recurrent_options.hpp>

namespace archetype {

namespace detail {

inline constexpr option recurrent_options = option::return_sequences | option::two_biases | option::no_bias |
                                            option::reversed | option::masking | option::initial_state |
                                            option::stateful | option::recurrent_initializer | kernel_options;

/// Where the tensors of a recurrent layer stand among its parameters.
struct recurrent_tensors {
    std::size_t kernel = 0, recurrent_kernel = 1, bias = 2, peephole = 2, initial_state = 2;
};

/// Time steps whose input products inference computes at once: weights are read once for them.
inline constexpr std::size_t steps_at_once = 16;

/// A number for a pair of names, exact in a double.
constexpr double fingerprint(text_view text) {
    std::uint32_t hash = 2166136261u;
    for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return static_cast<double>(hash);
}

/// All of a recurrent layer's rule on values.
/// @param functions  a number for its pointwise functions
constexpr layer_facts describe_recurrent(const shape& in, std::size_t units, const cell_facts& structure,
                                         const option_values& options, double functions) {
    if (options.broken != rule::ok) return broken_layer(options.broken);
    if (units == 0) return broken_layer(rule::extent_is_zero);
    if (in.rank != 2) return broken_layer(rule::time_axis_is_missing);
    const bool has_bias = !options.has(option::no_bias);
    const bool has_two_biases = has_bias && (structure.recurrent_bias || options.has(option::two_biases));
    const std::size_t time = in[0], features = in[1], columns = structure.input_gates * units,
                      recurrent_columns = structure.recurrent_blocks * units;
    layer_facts facts = detail::blank_facts;
    facts.output = options.has(option::return_sequences) ? shape{time, units} : shape{units};
    facts.sees_everything = true;
    facts.reads_backwards = options.has(option::reversed);
    facts.add(
        {"kernel", {features, columns}, true, initial::weights, features, columns, options.l1, options.l2});
    // Fans of one gate: the variance of Keras' orthogonal start.
    facts.add({"recurrent_kernel", {units, recurrent_columns}, true, initial::weights, units, units});
    if (has_bias) {
        parameter bias{"bias", has_two_biases ? shape{2, columns} : shape{columns}};
        if (structure.forget_gate != static_cast<std::size_t>(-1)) {
            bias.ones_first = structure.forget_gate * units;
            bias.ones_last = bias.ones_first + units;
        }
        facts.add(bias);
    }
    if (structure.peephole_blocks != 0)
        facts.add({"peephole_kernel",
                   {units, structure.peephole_blocks * units},
                   true,
                   initial::weights,
                   units,
                   units});
    else if (structure.unit_weights != 0)
        facts.add({structure.unit_weights_name,
                   {structure.unit_weights, units},
                   true,
                   initial::weights,
                   units,
                   units});
    if (options.has(option::initial_state))
        facts.add({"initial_state", {structure.states, units}, options.trains_initial_state});
    facts.multiply_accumulates =
        std::uint64_t{time} *
        (features * columns + units * (recurrent_columns + structure.peephole_blocks * units));
    // A cell's operations hold one bias for each gate.
    const std::size_t biases = (has_bias ? 1 : 0) + (has_two_biases ? 1 : 0);
    facts.pointwise_operations =
        std::uint64_t{time} * units *
        (structure.operations - structure.input_gates + biases * structure.input_gates);
    facts.state_elements = structure.states * units;
    facts.scratch_elements = (time < steps_at_once ? time : steps_at_once) * structure.gates * units +
                             (structure.states + (structure.reads ? 1 : 0)) * units;
    facts.variant = functions + (options.has(option::reversed) ? 0.5 : 0) +
                    (structure.recurrent_bias ? 0.25 : 0) + (options.has(option::masking) ? 0.125 : 0);
    return facts;
}

template <class Cell, std::size_t Units, option Extra, class... Options>
struct recurrent_layer {
    static constexpr text_view kind = Cell::kind;
    static constexpr layer_role role = layer_role::recurrent;
    using cell = Cell;
    static constexpr std::size_t units = Units;
    static constexpr cell_facts structure = cell_facts_of<Cell>;
    static constexpr option_values options = read_options<recurrent_options | Extra, Options...>();
    using initializer = typename initializer_among<kernel_initializer, Options...>::type;
    using initializer_of_states = typename initializer_among<recurrent_initializer, Options...>::type;
    static constexpr bool has_bias = !options.has(option::no_bias);
    static constexpr bool has_two_biases =
        has_bias && (structure.recurrent_bias || options.has(option::two_biases));
    static constexpr bool has_peephole = structure.peephole_blocks + structure.unit_weights != 0;
    static constexpr bool has_initial_state = options.has(option::initial_state);
    static constexpr bool returns_sequences = options.has(option::return_sequences);
    static constexpr bool is_reversed = options.has(option::reversed);
    static constexpr bool is_masked = options.has(option::masking);
    static constexpr bool is_stateful = options.has(option::stateful);
    static constexpr bool takes_states = false, gives_states = false;  // with_states.hpp
    static constexpr recurrent_tensors tensors = [] {
        recurrent_tensors made;
        made.peephole = 2 + (has_bias ? 1 : 0);
        made.initial_state = made.peephole + (has_peephole ? 1 : 0);
        return made;
    }();

    static constexpr layer_facts describe(const shape& in) {
        return describe_recurrent(in, Units, structure, options, activation_fingerprint());
    }

private:
    template <class Layer>
    static constexpr double fingerprint_of() {
        if constexpr (requires { Layer::kind; })
            return fingerprint(Layer::kind);
        else
            return 0;
    }
    static constexpr double activation_fingerprint() {
        return fingerprint_of<typename option_layer<cell_activation, tanh, Options...>::type>() +
               3 * fingerprint_of<typename option_layer<recurrent_activation, sigmoid, Options...>::type>();
    }
};

template <class... Options>
using cell_function = typename option_layer<cell_activation, tanh, Options...>::type;
template <class... Options>
using gate_function = typename option_layer<recurrent_activation, sigmoid, Options...>::type;

}  // namespace detail

/// A recurrent layer with any cell (cells.hpp): gates * n * (m + n + 1) parameters and what the cell adds.
template <std::size_t Units, class Cell, class... Options>
struct recurrent : detail::recurrent_layer<Cell, Units, option{}, Options...> {};

/// h' = tanh(W x + U h + b) (Elman 1990): n (m + n + 1) parameters. Option besides those of all: cell_activation.
template <std::size_t Units, class... Options>
struct simple_rnn : detail::recurrent_layer<simple_rnn_cell<detail::cell_function<Options...>>, Units,
                                            option::cell_activation, Options...> {};

/// Long short-term memory (Hochreiter, Schmidhuber 1997, with the forget gate of Gers et al. 2000): 4 n (m + n + 1)
/// parameters, 3 n^2 more with `peepholes`, 3 n more with `diagonal_peepholes`. Gates i, f, c, o; the bias of f starts at 1
/// (Keras: unit_forget_bias). Options besides those of all: peepholes, diagonal_peepholes, cell_activation,
/// recurrent_activation.
template <std::size_t Units, class... Options>
struct lstm : detail::recurrent_layer<
                  lstm_cell<detail::cell_function<Options...>, detail::gate_function<Options...>,
                            detail::is_among<peepholes, Options...>            ? peephole::full
                            : detail::is_among<diagonal_peepholes, Options...> ? peephole::diagonal
                                                                               : peephole::none>,
                  Units,
                  option::peepholes | option::diagonal_peepholes | option::cell_activation |
                      option::recurrent_activation,
                  Options...> {};

/// Gated recurrent unit (Cho et al. 2014), candidate gated before the product: 3 n (m + n + 1) parameters; with
/// `reset_after`, as in PyTorch and Keras 2, 3 n (m + n + 2). Gates z, r, h. Options besides those of all: reset_after,
/// cell_activation, recurrent_activation.
template <std::size_t Units, class... Options>
struct gru
    : detail::recurrent_layer<
          gru_cell<detail::cell_function<Options...>, detail::gate_function<Options...>,
                   detail::is_among<reset_after, Options...>>,
          Units, option::reset_after | option::cell_activation | option::recurrent_activation, Options...> {};

}  // namespace archetype
