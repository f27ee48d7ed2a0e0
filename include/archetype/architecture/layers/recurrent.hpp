// SPDX-License-Identifier: BSL-1.0
/// @file recurrent.hpp
/// Recurrent layers on {time, features}: `simple_rnn`, `lstm`, `gru`, and `recurrent` with a cell of one's own.
///
/// The result is {units}, the first state after the last step, or {time, units} with `return_sequences`. Parameters, as
/// Keras names and stores them: kernel {features, gates * units}, recurrent_kernel {units, gates * units}, bias
/// {gates * units} (two_biases: {2, gates * units}), peephole_kernel {units, 3 * units} or peephole {3, units} (gates i, f,
/// o), gate_norm {4, gates * units} and state_norm {2, units} of layer_norm_inside, projection_kernel {units, size} of proj_size,
/// initial_state {states, units} (with proj_size {size + units}). Column block k of a matrix belongs to gate k.
/// Options: return_sequences, two_biases, no_bias, reversed, masking, trainable_initial_state, given_initial_state, stateful,
/// layer_norm_inside, time_axis, in_blocks, padding_mask, masked, l1 and l2 (of the kernel), kernel_initializer, recurrent_initializer.
#pragma once
#include <archetype/architecture/cells.hpp>
#include <archetype/architecture/recurrent_options.hpp>

namespace archetype {

namespace detail {

inline constexpr option recurrent_options =
    option::return_sequences | option::two_biases | option::no_bias | option::reversed | option::masking |
    option::initial_state | option::stateful | option::recurrent_initializer | option::layer_norm_inside |
    option::epsilon | option::time_axis | option::masked | option::padding_mask | option::in_blocks |
    kernel_options;

/// Where the tensors of a recurrent layer stand among its parameters.
struct recurrent_tensors {
    std::size_t kernel = 0, recurrent_kernel = 1, bias = 2, peephole = 2, gate_norm = 2, state_norm = 2,
                projection = 2, initial_state = 2;
};

/// Time steps whose input products inference computes at once: weights are read once for them.
inline constexpr std::size_t steps_at_once = 16;

/// Features of the input that a layer multiplies, of its channels.
template <class Layer>
constexpr std::size_t features_among(std::size_t channels) {
    return channels - (Layer::takes_mask ? 1 : 0);
}
/// Whether a step is skipped: `at` are its channels.
template <class Layer, std::size_t Features, class T>
constexpr bool skips_step(const T* at) {
    bool skipped = Layer::options.has(option::masking);
    for (std::size_t i = 0; i < Features && skipped; ++i)
        skipped = at[i] == static_cast<T>(Layer::options.mask_value);
    if constexpr (Layer::takes_mask) skipped = skipped || at[Features] == T(0);
    return skipped;
}

/// A number for a pair of names, exact in a double.
constexpr double fingerprint(text_view text) {
    std::uint32_t hash = 2166136261u;
    for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    return static_cast<double>(hash);
}

/// Whether a cell can have normalized sums, and normalizes its further states just then.
constexpr rule norm_inside_rule(const cell_facts& structure, const option_values& options) {
    bool has_late_product = structure.peephole_blocks != 0;
    for (std::size_t p = 0; p < structure.product_count; ++p)
        has_late_product = has_late_product || structure.products[p].operand == structure.states;
    const bool normalizes_states = structure.reads && !has_late_product;
    if (!options.has(option::layer_norm_inside))
        return options.has(option::epsilon) || normalizes_states ? rule::layer_norm_inside_does_not_fit
                                                                 : rule::ok;
    if (!(options.epsilon > 0)) return rule::epsilon_is_not_positive;
    const bool fits =
        structure.unit_weights == 0 && !has_late_product && normalizes_states == (structure.states > 1);
    return fits ? rule::ok : rule::layer_norm_inside_does_not_fit;
}
/// Of a normalized element: mean 1, variance 3, result 3.
inline constexpr std::size_t norm_operations = 7;
/// Factors of `pairs` normalizations, then their shifts.
constexpr parameter norm_parameter(text_view name, std::size_t pairs, std::size_t size) {
    parameter made{name, {2 * pairs, size}};
    made.ones_last = pairs * size;
    return made;
}

/// All of a recurrent layer's rule on values.
/// @param functions  a number for its pointwise functions
constexpr layer_facts describe_recurrent(const shape& in, std::size_t units, const cell_facts& structure,
                                         const option_values& options, double functions) {
    if (options.broken != rule::ok) return broken_layer(options.broken);
    if (units == 0) return broken_layer(rule::extent_is_zero);
    if (in.rank != 2) return broken_layer(rule::time_axis_is_missing);
    if (const rule broken = norm_inside_rule(structure, options); broken != rule::ok)
        return broken_layer(broken);
    const std::size_t masks = options.has(option::masked) ? 1 : 0;
    // What gives `padding_mask` its meaning (masked_recurrence.hpp) is in architecture.hpp only.
    if (in[1] <= masks || options.has(option::padding_mask)) return broken_layer(rule::mask_does_not_fit);
    const bool has_bias = !options.has(option::no_bias);
    const bool has_two_biases = has_bias && (structure.recurrent_bias || options.has(option::two_biases));
    const bool projects = options.has(option::proj_size), normalizes = options.has(option::layer_norm_inside);
    const std::size_t results = projects ? options.proj_size : units,
                      all_states = results + (structure.states - 1) * units;
    const std::size_t time = in[0], features = in[1] - masks, columns = structure.input_gates * units,
                      recurrent_columns = structure.recurrent_blocks * units;
    layer_facts facts = detail::blank_facts;
    facts.output = options.has(option::return_sequences) ? shape{time, results} : shape{results};
    facts.sees_everything = true;
    facts.reads_backwards = options.has(option::reversed);
    facts.add(
        {"kernel", {features, columns}, true, initial::weights, features, columns, options.l1, options.l2});
    // Fans of one gate: the variance of Keras' orthogonal start.
    facts.add({"recurrent_kernel", {results, recurrent_columns}, true, initial::weights, results, units});
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
    if (normalizes) {
        facts.add(norm_parameter("gate_norm", 2, columns));
        if (structure.reads) facts.add(norm_parameter("state_norm", 1, units));
    }
    if (projects) facts.add({"projection_kernel", {units, results}, true, initial::weights, units, results});
    if (options.has(option::initial_state))
        facts.add({"initial_state", projects ? shape{all_states} : shape{structure.states, units},
                   options.trains_initial_state});
    facts.multiply_accumulates =
        std::uint64_t{time} * (features * columns + results * recurrent_columns +
                               units * structure.peephole_blocks * units + (projects ? units * results : 0));
    // A cell's operations hold one bias for each gate.
    const std::size_t biases = (has_bias ? 1 : 0) + (has_two_biases ? 1 : 0);
    facts.pointwise_operations =
        std::uint64_t{time} * units *
        (structure.operations - structure.input_gates + biases * structure.input_gates);
    facts.state_elements = all_states;
    facts.scratch_elements = (time < steps_at_once ? time : steps_at_once) * structure.gates * units +
                             all_states + ((structure.reads ? 1 : 0) + (projects ? 1 : 0)) * units;
    if (normalizes) {
        facts.scratch_elements += 2 * recurrent_columns;
        facts.pointwise_operations += std::uint64_t{time} * norm_operations *
                                      (columns + recurrent_columns + (structure.reads ? units : 0));
        functions = fingerprint({functions, options.epsilon});
    }
    facts.variant = functions + (options.has(option::reversed) ? 0.5 : 0) +
                    (structure.recurrent_bias ? 0.25 : 0) + (options.has(option::masking) ? 0.125 : 0) +
                    (masks != 0 ? 0.03125 : 0) + (options.has(option::int8_states) ? 0.0625 : 0);
    return facts;
}

/// The rule of a layer that begins anew for each block.
constexpr layer_facts describe_blocks(const shape& in, std::size_t units, const cell_facts& structure,
                                      const option_values& options, double functions) {
    layer_facts facts = describe_recurrent(in, units, structure, options, functions);
    if (facts.broken != rule::ok) return facts;
    if (!options.has(option::reversed) || !options.has(option::return_sequences) ||
        options.has(option::time_axis) || options.has(option::masked) || options.has(option::stateful))
        return broken_layer(rule::blocks_are_of_a_reversed_layer);
    const std::size_t time = in[0], length = options.block + options.block_look_ahead;
    std::uint64_t steps = 0;
    for (std::size_t first = 0; first < time; first += options.block)
        steps += time - first < length ? time - first : length;
    const std::size_t some = length < steps_at_once ? length : steps_at_once,
                      known = time < steps_at_once ? time : steps_at_once;
    facts.multiply_accumulates = facts.multiply_accumulates / time * steps;
    facts.pointwise_operations = facts.pointwise_operations / time * steps;
    facts.scratch_elements = facts.scratch_elements + some * structure.gates * units -
                             known * structure.gates * units + length * (in[1] + 1 + facts.output[1]);
    facts.state_elements = options.block * facts.output[1];  // rows may leave one by one
    facts.reads_backwards = facts.sees_everything = false;
    facts.block = options.block, facts.block_reach = length - 1;
    facts.variant =
        fingerprint({facts.variant, static_cast<double>(options.block), static_cast<double>(length)});
    return facts;
}
/// What results of blocks read.
template <std::size_t Block, std::size_t LookAhead>
constexpr cells_read cells_of_blocks(const shape& in, bool rows, cells_read results) {
    if (rows) return results;
    const auto last = static_cast<std::ptrdiff_t>(in.width()) - 1;
    const std::ptrdiff_t block = Block, end = results.last / block * block + block + LookAhead - 1;
    return {results.first, end < last ? end : last};
}

/// Which axis of a shape is time, counted from 0; the rank if it is none.
constexpr std::size_t time_axis_of(const shape& in, std::ptrdiff_t axis) {
    const auto rank = static_cast<std::ptrdiff_t>(in.rank);
    const std::ptrdiff_t found = axis < 0 ? rank + axis : axis - 1;
    return static_cast<std::size_t>(found >= 0 && found + 1 < rank ? found : rank);
}

/// Lines that are computed together: those of the last axis that is neither time nor features.
constexpr std::size_t lines_at_once(const shape& in, std::size_t axis) {
    if (in.rank == 2) return 1;
    return in[in.rank - 2 == axis ? in.rank - 3 : in.rank - 2];
}

/// The rule of a layer whose sequences are the lines of an image or a volume along one axis.
constexpr layer_facts describe_lines(const shape& in, std::size_t units, const cell_facts& structure,
                                     const option_values& options, double functions) {
    const std::size_t axis = time_axis_of(in, options.time_axis);
    if (in.rank < 2) return broken_layer(rule::time_axis_is_missing);
    if (axis == in.rank) return broken_layer(rule::axis_does_not_exist);
    layer_facts facts = describe_recurrent(shape{in[axis], in.channels()}, units, structure, options,
                                           fingerprint({functions, static_cast<double>(axis)}));
    if (facts.broken != rule::ok || in.rank == 2) return facts;
    const std::size_t lines = static_cast<std::size_t>(in.size() / (in[axis] * in.channels()));
    const bool keeps = options.has(option::return_sequences);
    const std::size_t results = facts.output.channels();
    facts.output = shape{};
    for (std::size_t a = 0; a < in.rank; ++a)
        if (a != axis || keeps)
            facts.output.extents[facts.output.rank++] = a + 1 == in.rank ? results : in[a];
    // In a volume slices lie below one another.
    const bool along_columns = axis + 2 == in.rank;
    facts.sees_everything = in.rank == 4;
    facts.sees_all_rows = !along_columns, facts.sees_all_columns = along_columns;
    if (!keeps && in.rank == 3) facts.drops_axis = along_columns ? 2 : 3;
    facts.reads_backwards = facts.reads_backwards && axis == 0;
    facts.multiply_accumulates *= lines;
    facts.pointwise_operations *= lines;
    facts.scratch_elements *= lines_at_once(in, axis);
    facts.state_elements = axis == 0 ? facts.state_elements * lines : 0;
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
    /// It begins anew for each block of steps.
    static constexpr bool is_in_blocks = options.has(option::in_blocks);
    static constexpr std::size_t block = options.block == 0 ? 1 : options.block,
                                 block_length = block + options.block_look_ahead;
    /// Its sequences are lines along an axis of the input.
    static constexpr bool is_along = options.has(option::time_axis);
    /// h is a product of what the cell gives; sums are normalized.
    static constexpr bool is_projected = options.has(option::proj_size),
                          is_normalized = options.has(option::layer_norm_inside);
    /// Elements of the first state, which is the result, of any, and of those before one.
    static constexpr std::size_t results = is_projected ? options.proj_size : Units;
    static constexpr std::size_t state_units(std::size_t s) { return s == 0 ? results : Units; }
    static constexpr std::size_t state_begin(std::size_t s) { return s == 0 ? 0 : results + (s - 1) * Units; }
    static constexpr std::size_t all_states = state_begin(structure.states);
    static constexpr bool has_initial_state = options.has(option::initial_state);
    static constexpr bool returns_sequences = options.has(option::return_sequences);
    static constexpr bool is_reversed = options.has(option::reversed);
    static constexpr bool takes_mask =
        options.has(option::masked);  ///< the last channel says which steps count
    static constexpr bool is_masked = takes_mask || options.has(option::masking);
    static constexpr bool is_stateful = options.has(option::stateful);
    static constexpr bool takes_states = false, gives_states = false;  // with_states.hpp
    static constexpr recurrent_tensors tensors = [] {
        recurrent_tensors made;
        made.peephole = 2 + (has_bias ? 1 : 0);
        made.gate_norm = made.peephole + (has_peephole ? 1 : 0);
        made.state_norm = made.gate_norm + (is_normalized ? 1 : 0);
        made.projection = made.state_norm + (is_normalized && structure.reads ? 1 : 0);
        made.initial_state = made.projection + (is_projected ? 1 : 0);
        return made;
    }();

    static constexpr layer_facts describe(const shape& in) {
        if (is_in_blocks) {
            layer_facts facts = describe_blocks(in, Units, structure, options, activation_fingerprint());
            facts.reads_cells = cells_of_blocks<block, options.block_look_ahead>;
            return facts;
        }
        if (is_along) return describe_lines(in, Units, structure, options, activation_fingerprint());
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
/// recurrent_activation, int8_states, proj_size.
template <std::size_t Units, class... Options>
struct lstm : detail::recurrent_layer<
                  lstm_cell<detail::cell_function<Options...>, detail::gate_function<Options...>,
                            detail::is_among<peepholes, Options...>            ? peephole::full
                            : detail::is_among<diagonal_peepholes, Options...> ? peephole::diagonal
                            : detail::is_among<layer_norm_inside, Options...>  ? peephole::normalized
                                                                               : peephole::none>,
                  Units,
                  option::peepholes | option::diagonal_peepholes | option::cell_activation |
                      option::recurrent_activation | option::int8_states | option::proj_size,
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
