// SPDX-License-Identifier: BSL-1.0
/// @file import_target.hpp
/// The parameters of a model while a file of another project is read: everything is checked and collected first, and
/// written only if all of it fits.
#pragma once
#include <archetype/execution/host/model.hpp>
#include <archetype/interchange/import_functions.hpp>
#include <archetype/interchange/json_tensor.hpp>
#include <archetype/interchange/load_into.hpp>
#include <archetype/interchange/recurrent_dialect.hpp>

#include <boost/mp11/algorithm.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What readers ask of a layer besides its facts.
struct import_layer {
    std::size_t node = 0;
    std::string path{};
    bool is_recurrent = false, has_two_biases = false, resets_after = false, has_initial_state = false;
    bool is_plain_cell = true;  ///< no projection, layer normalization inside or time axis of its own
    bool has_bias = true, returns_sequences = false, is_reversed = false, is_stateful = false;
    std::size_t units = 0, gates = 1;
    std::optional<import_function> cell{}, gate{};  ///< functions of a recurrent layer
};

/// The functions of a cell: `void` where it has none by that name.
template <class Cell>
struct functions_of_cell {
    using cell = void;
    using gate = void;
};
template <class Activation>
struct functions_of_cell<simple_rnn_cell<Activation>> {
    using cell = Activation;
    using gate = void;
};
template <class Activation, class Gate, peephole Peephole>
struct functions_of_cell<lstm_cell<Activation, Gate, Peephole>> {
    using cell = Activation;
    using gate = Gate;
};
template <class Activation, class Gate, bool ResetAfter>
struct functions_of_cell<gru_cell<Activation, Gate, ResetAfter>> {
    using cell = Activation;
    using gate = Gate;
};

/// Whether a network has a recurrent layer, whose numbers no file explains.
template <class Net>
inline constexpr bool has_recurrent_layers = [] {
    for (const node& at : unchecked_facts<Net>.nodes)
        if (at.role == layer_role::recurrent) return true;
    return false;
}();

/// Takes the pieces of a path.
struct path_text {
    std::string& to;
    void append(text_view piece) { to.append(piece.data(), piece.size()); }
    void append_number(std::uint64_t number) { to += std::to_string(number); }
};

/// Layers with parameters of their own, in the network's order.
template <class Net>
std::vector<import_layer> import_layers() {
    std::vector<import_layer> made;
    std::size_t n = 0;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, layers_of<Net>>>(
        [&]<class Layer>(boost::mp11::mp_identity<Layer>) {
            const node& at = unchecked_facts<Net>.nodes[n];
            if (at.parameter_tensors != 0 && at.shares == none) {
                import_layer one{.node = n};
                path_text text{one.path};
                append_path(text, unchecked_facts<Net>, at.scope);
                if constexpr (requires { Layer::structure; }) {
                    one.is_recurrent = true;
                    one.has_two_biases = Layer::has_two_biases;
                    one.resets_after = Layer::structure.recurrent_bias;
                    one.has_initial_state = Layer::has_initial_state;
                    one.is_plain_cell = !Layer::is_projected && !Layer::is_normalized && !Layer::is_along &&
                                        !Layer::is_in_blocks;
                    one.has_bias = Layer::has_bias;
                    one.returns_sequences = Layer::returns_sequences;
                    one.is_reversed = Layer::is_reversed;
                    one.is_stateful = Layer::is_stateful;
                    one.units = Layer::units;
                    one.gates = Layer::structure.input_gates;
                    using functions = functions_of_cell<typename Layer::cell>;
                    if constexpr (!std::is_void_v<typename functions::cell>)
                        one.cell = function_of<typename functions::cell>();
                    if constexpr (!std::is_void_v<typename functions::gate>)
                        one.gate = function_of<typename functions::gate>();
                }
                made.push_back(one);
            }
            ++n;
        });
    return made;
}

/// The functions of the pointwise layers, by their place among the nodes.
template <class Net>
std::vector<std::optional<import_function>> import_functions() {
    std::vector<std::optional<import_function>> made;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, layers_of<Net>>>(
        [&]<class Layer>(boost::mp11::mp_identity<Layer>) {
            made.emplace_back();
            if constexpr (requires { pointwise_expression<Layer>::value; })
                made.back() = function_of<Layer>();
        });
    return made;
}

/// Collects values for all parameters of a model.
template <class Net, class T>
class import_target {
public:
    explicit import_target(std::string path)
        : failure_{std::move(path), {}},
          values_(parameters_of<Net>.elements),
          is_set_(unchecked_facts<Net>.size() * max_parameter_tensors) {}

    static const node& at(const import_layer& layer) { return unchecked_facts<Net>.nodes[layer.node]; }
    static std::string kind(const import_layer& layer) {
        return std::string(at(layer).kind.data(), at(layer).kind.size());
    }
    std::string name(const import_layer& layer, std::size_t tensor) const {
        const text_view own = at(layer).parameters[tensor].name;
        return layer.path + "/" + std::string(own.data(), own.size());
    }
    static std::vector<std::size_t> shape_of(const import_layer& layer, std::size_t tensor) {
        const shape& extents = at(layer).parameters[tensor].extents;
        return {extents.extents, extents.extents + extents.rank};
    }

    /// A broken file may have millions of faults; the first thousand are listed.
    void report(load_problem problem, std::string tensor, std::string expected, std::string found) {
        if (failure_.mismatches.size() < 1000)
            failure_.mismatches.push_back(
                {problem, std::move(tensor), std::move(expected), std::move(found)});
        else
            ++failure_.unlisted;
    }
    /// `found` must be `expected`; reports it otherwise.
    bool expect(const import_layer& layer, const std::string& what, const std::string& expected,
                const std::string& found) {
        if (expected == found) return true;
        report(load_problem::shape, layer.path + ": " + what, expected, found);
        return false;
    }

    /// Where the values of a tensor go, all of which the caller writes.
    T* values_of(const import_layer& layer, std::size_t tensor) {
        is_set_[layer.node * max_parameter_tensors + tensor] = true;
        return values_.data() + parameters_of<Net>.offsets[layer.node][tensor];
    }
    /// `tensor` in this library's layout.
    template <class From>
    void set(const import_layer& layer, std::size_t tensor, const basic_imported_tensor<From>& from) {
        T* const to = values_of(layer, tensor);
        if (from.shape != shape_of(layer, tensor))
            return report(load_problem::shape, name(layer, tensor),
                          archetype::shape_text(shape_of(layer, tensor)), archetype::shape_text(from.shape));
        for (std::size_t i = 0; i < from.values.size(); ++i) to[i] = static_cast<T>(from.values[i]);
    }
    /// The same value for all elements.
    void fill(const import_layer& layer, std::size_t tensor, T value) {
        std::fill_n(values_of(layer, tensor), at(layer).parameters[tensor].extents.size(), value);
    }

    /// The columns of a matrix or vector of a recurrent layer, [rows][gates * units], from a file's order of gates.
    template <class From>
    static void order_gates(basic_imported_tensor<From>& tensor, const std::string& kind,
                            const recurrent_dialect& dialect, std::size_t gates) {
        const std::size_t columns = tensor.shape.empty() ? 0 : tensor.shape.back();
        if (columns == 0 || columns % gates != 0) return;  // `set` will say so
        const std::vector<From> before = tensor.values;
        const std::size_t units = columns / gates;
        for (std::size_t i = 0; i < before.size(); ++i) {
            const std::size_t gate = i % columns / units;
            tensor.values[i] =
                before[i - i % columns + gate_in_file(kind, dialect, gate) * units + i % units];
        }
    }
    /// What a dialect adds to the bias of an LSTM's forget gate, [gates * units] or [2][gates * units].
    void add_forget_bias(const import_layer& layer, const recurrent_dialect& dialect) {
        if (kind(layer) != "lstm" || dialect.forget_bias == 0) return;
        if (!layer.has_bias)
            return report(
                load_problem::missing, layer.path + "/bias",
                "a bias: " + number_text(dialect.forget_bias) + " is added to that of the forget gate",
                "no_bias");
        T* const bias = values_of(layer, 2) + layer.units;
        for (std::size_t i = 0; i < layer.units; ++i) bias[i] += static_cast<T>(dialect.forget_bias);
    }
    /// The reset form must be the layer's.
    void check_reset(const import_layer& layer, const recurrent_dialect& dialect) {
        if (kind(layer) != "gru") return;
        const auto text = [](bool after) {
            return after ? "reset after the product" : "reset before the product";
        };
        expect(layer, "form", text(layer.resets_after), text(dialect.reset == reset_form::after));
    }

    /// Writes everything to the model if nothing is wrong. A parameter that nobody set is.
    std::optional<load_failure> finish(model<Net, T>& to) {
        if (failure_.mismatches.empty())
            for (const import_layer& layer : import_layers<Net>())
                for (std::size_t i = 0; i < at(layer).parameter_tensors; ++i)
                    if (!is_set_[layer.node * max_parameter_tensors + i])
                        report(load_problem::missing, name(layer, i), "a tensor of the file",
                               "none that this parameter is read from");
        if (!failure_.mismatches.empty()) return std::move(failure_);
        std::copy(values_.begin(), values_.end(), to.data());
        return std::nullopt;
    }

private:
    load_failure failure_;
    std::vector<T> values_;
    std::vector<bool> is_set_;
};

/// A file that is none as the failure of an import.
inline load_failure import_failure(const file_failure& failure) { return failure; }

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
