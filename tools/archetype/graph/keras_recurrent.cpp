// SPDX-License-Identifier: BSL-1.0
// Recurrent layers of Keras, and two of them as Bidirectional.
#include "keras_graph.hpp"

#include <algorithm>
#include <limits>

namespace archetype::graph::keras {

namespace {

using sizes = std::vector<std::int64_t>;

enum class cells : std::uint8_t { simple, gru, lstm };

struct cell {
    cells kind = cells::simple;
    std::int64_t units = 0;
    std::size_t gates = 1;
    bool bias = true, resets_after = false;
    std::string function, gate_function;
    std::int64_t features = 0;
    weight kernel, recurrent,
        biases;  ///< of Keras: [in][gates * units], [units][gates * units], [1 or 2][gates * units]
};

/// ONNX' name of a function with its numbers.
std::string onnx_function(call& at, const std::string& name, std::vector<double>& alphas,
                          std::vector<double>& betas) {
    static const std::map<std::string, std::string, std::less<>> same{{"tanh", "Tanh"},
                                                                      {"sigmoid", "Sigmoid"},
                                                                      {"relu", "Relu"},
                                                                      {"softsign", "Softsign"},
                                                                      {"softplus", "Softplus"}};
    if (const auto found = same.find(name); found != same.end()) return found->second;
    if (name == "hard_sigmoid" || name == "linear") {
        alphas.push_back(name == "linear" ? 1 : at.version >= 3 ? 1.0 / 6 : 0.2);
        betas.push_back(name == "linear" ? 0 : 0.5);
        return name == "linear" ? "Affine" : "HardSigmoid";
    }
    if (name == "elu") {
        alphas.push_back(1);
        return "Elu";
    }
    at.config.fail("activation tanh, sigmoid, hard_sigmoid, relu, elu, softsign, softplus or linear",
                   "\"" + name + "\"");
}

/// The matrices of gates as Keras 1 stores them, one after the other, in the order that files have since.
void join_old_gates(call& at, cell& to) {
    const std::string_view order = to.kind == cells::lstm ? "ifco" : "zrh";
    // The order of the file: i, c, f, o and z, r, h.
    const std::string_view stored = to.kind == cells::lstm ? "icfo" : "zrh";
    static const std::map<char, std::array<const char*, 3>> names{
        {'i', {"W_i", "U_i", "b_i"}}, {'c', {"W_c", "U_c", "b_c"}}, {'f', {"W_f", "U_f", "b_f"}},
        {'o', {"W_o", "U_o", "b_o"}}, {'z', {"W_z", "U_z", "b_z"}}, {'r', {"W_r", "U_r", "b_r"}},
        {'h', {"W_h", "U_h", "b_h"}}};
    std::vector<call::wanted> wanted;
    for (const char gate : stored) {
        const auto& own = names.at(gate);
        wanted.push_back({own[0], {-1, to.units}});
        wanted.push_back({own[1], {to.units, to.units}});
        wanted.push_back({own[2], {to.units}});
    }
    const std::vector<weight> read = at.read(wanted);
    const std::int64_t features = read[0].shape[0];
    const auto columns = static_cast<std::int64_t>(to.gates) * to.units;
    const auto together = [&](std::size_t which, std::int64_t rows) {
        weight made{{rows, columns}, std::vector<float>(static_cast<std::size_t>(rows * columns))};
        for (std::size_t gate = 0; gate < to.gates; ++gate) {
            const weight& from = read[3 * stored.find(order[gate]) + which];
            if (from.values.size() != static_cast<std::size_t>(rows * to.units))
                at.config.fail("gates of the same size", shape_text(from.shape));
            for (std::int64_t row = 0; row < rows; ++row)
                for (std::int64_t unit = 0; unit < to.units; ++unit)
                    made.values[static_cast<std::size_t>(row * columns +
                                                         static_cast<std::int64_t>(gate) * to.units + unit)] =
                        from.values[static_cast<std::size_t>(row * to.units + unit)];
        }
        return made;
    };
    to.kernel = together(0, features);
    to.recurrent = together(1, to.units);
    to.biases = together(2, 1);
}

/// The cell by its configuration and weights.
cell cell_of(call& at, const std::string& kind) {
    cell made;
    made.kind = kind.starts_with("LSTM") ? cells::lstm : kind.starts_with("GRU") ? cells::gru : cells::simple;
    made.gates = made.kind == cells::lstm ? 4 : made.kind == cells::gru ? 3 : 1;
    made.units = at.config.whole({"units", "output_dim"});
    if (made.units < 1 || made.units > (1 << 24)) at.config.fail("units above 0", std::to_string(made.units));
    made.bias = at.config.truth({"use_bias"}, true);
    made.function = at.config.text({"activation"}, "tanh");
    if (made.kind != cells::simple)
        made.gate_function = at.config.text({"recurrent_activation", "inner_activation"},
                                            at.version >= 3 ? "sigmoid" : "hard_sigmoid");
    if (made.kind == cells::gru) made.resets_after = at.config.truth({"reset_after"}, at.version >= 3);
    const auto columns = static_cast<std::int64_t>(made.gates) * made.units;
    if (at.version == 1 && made.kind != cells::simple) {
        join_old_gates(at, made);
    } else {
        std::vector<call::wanted> wanted{{"kernel", {-1, columns}, "W"},
                                         {"recurrent_kernel", {made.units, columns}, "U"}};
        if (made.bias)
            wanted.push_back({"bias", made.resets_after ? shape_type{2, columns} : shape_type{columns}, "b"});
        std::vector<weight> read = at.read(wanted);
        made.kernel = std::move(read[0]);
        made.recurrent = std::move(read[1]);
        if (made.bias) made.biases = std::move(read[2]);
    }
    made.features = made.kernel.shape[0];
    return made;
}

/// [rows][gates * units] as ONNX' [1][gates * units][rows], gates in ONNX' order.
weight gate_rows(const weight& from, const cell& of) {
    static constexpr std::size_t lstm_order[] = {0, 3, 1, 2};  // i, o, f, c of i, f, c, o
    const auto units = static_cast<std::size_t>(of.units);
    const std::size_t rows = from.values.size() / (of.gates * units);
    weight made{{1, static_cast<std::int64_t>(of.gates * units), static_cast<std::int64_t>(rows)}, {}};
    made.values.reserve(from.values.size());
    for (std::size_t gate = 0; gate < of.gates; ++gate)
        for (std::size_t unit = 0; unit < units; ++unit)
            for (std::size_t row = 0; row < rows; ++row)
                made.values.push_back(
                    from.values[(row * of.gates + (of.kind == cells::lstm ? lstm_order[gate] : gate)) *
                                    units +
                                unit]);
    return made;
}

struct run {
    value_id steps = no_value;   ///< {samples, time, units}, in the order of the input
    std::vector<value_id> last;  ///< {samples, units}: h, and c of an LSTM
};

/// One pass over time of a value {samples, time, features}.
run pass(call& at, const cell& of, value_id x, bool backwards, const std::vector<value_id>& states) {
    builder& to = at.to;
    const auto constant = [&](std::string_view name, weight from) {
        return to.constant(at.name_of(name), std::move(from.shape), std::move(from.values));
    };
    std::vector<value_id> inputs{to.transpose(x, {1, 0, 2}), constant("kernel", gate_rows(of.kernel, of)),
                                 constant("recurrent_kernel", gate_rows(of.recurrent, of))};
    if (of.bias) {
        // Of the input's product and of the state's.
        weight all{{1, static_cast<std::int64_t>(2 * of.gates) * of.units}, {}};
        const std::size_t columns = of.gates * static_cast<std::size_t>(of.units);
        for (std::size_t row = 0; row < 2; ++row) {
            weight part{{1, static_cast<std::int64_t>(columns)}, std::vector<float>(columns, 0)};
            if (of.biases.values.size() >= (row + 1) * columns)
                std::copy_n(of.biases.values.begin() + static_cast<std::ptrdiff_t>(row * columns), columns,
                            part.values.begin());
            const weight ordered = gate_rows(part, of);
            all.values.insert(all.values.end(), ordered.values.begin(), ordered.values.end());
        }
        inputs.push_back(constant("bias", std::move(all)));
    }
    if (!states.empty()) {
        inputs.resize(5, no_value);
        for (const value_id one : states) inputs.push_back(to.node("Unsqueeze", {one, to.wholes({0})}));
    }
    std::vector<double> alphas;
    std::vector<double> betas;
    std::vector<std::string> names;
    if (of.kind != cells::simple) names.push_back(onnx_function(at, of.gate_function, alphas, betas));
    names.push_back(onnx_function(at, of.function, alphas, betas));
    if (of.kind == cells::lstm) names.push_back(onnx_function(at, of.function, alphas, betas));
    attributes given{{"hidden_size", of.units},
                     {"direction", std::string(backwards ? "reverse" : "forward")}};
    const std::vector<std::string> usual =
        of.kind == cells::lstm  ? std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"}
        : of.kind == cells::gru ? std::vector<std::string>{"Sigmoid", "Tanh"}
                                : std::vector<std::string>{"Tanh"};
    if (names != usual) given["activations"] = names;
    if (!alphas.empty()) given["activation_alpha"] = alphas;
    if (!betas.empty()) given["activation_beta"] = betas;
    if (of.kind == cells::gru) given["linear_before_reset"] = std::int64_t{of.resets_after ? 1 : 0};
    const std::string operation = of.kind == cells::lstm ? "LSTM" : of.kind == cells::gru ? "GRU" : "RNN";
    const auto made = to.nodes(operation, inputs, given, of.kind == cells::lstm ? 3 : 2);
    run result;
    // {time, 1, samples, units}
    result.steps = to.transpose(to.node("Squeeze", {made[0], to.wholes({1})}), {1, 0, 2});
    for (std::size_t k = 1; k < made.size(); ++k)
        result.last.push_back(to.node("Squeeze", {made[k], to.wholes({0})}));
    return result;
}

value_id reversed(call& at, value_id steps) {
    return at.to.node("Slice",
                      {steps, at.to.wholes({-1}), at.to.wholes({std::numeric_limits<std::int64_t>::min()}),
                       at.to.wholes({1}), at.to.wholes({-1})});
}

/// What all recurrent layers say of themselves.
struct outside {
    bool sequences, state, backwards;
};
outside outside_of(call& at) {
    at.config.expect("stateful", false);
    at.config.expect("time_major", false);
    return {at.config.truth({"return_sequences"}, false), at.config.truth({"return_state"}, false),
            at.config.truth({"go_backwards"}, false)};
}

std::vector<value_id> states_of(call& at, std::size_t count) {
    if (at.in.empty() || (at.in.size() != 1 && at.in.size() != 1 + count))
        at.config.fail("one input, or one and " + std::to_string(count) + " states",
                       std::to_string(at.in.size()));
    for (const symbol& one : at.in)
        if (one.rank < 0) throw unreadable{};
    if (at.in[0].rank != 3) at.config.fail("an input of 3 axes", std::to_string(at.in[0].rank));
    std::vector<value_id> made;
    for (std::size_t k = 1; k < at.in.size(); ++k) made.push_back(at.in[k].id);
    return made;
}

std::vector<symbol> recurrence(call& at, const std::string& kind, const outside& how) {
    const cell of = cell_of(at, kind);
    const std::vector<value_id> states = states_of(at, of.kind == cells::lstm ? 2 : 1);
    const run made = pass(at, of, at.in[0].id, how.backwards, states);
    std::vector<symbol> results;
    if (how.sequences)  // in the order in which they are made
        results.push_back({how.backwards ? reversed(at, made.steps) : made.steps, 3});
    else
        results.push_back({made.last[0], 2});
    if (how.state)
        for (const value_id one : made.last) results.push_back({one, 2});
    return results;
}

template <const char* const& Kind>
std::vector<symbol> layer(call& at) {
    const outside how = outside_of(at);
    return recurrence(at, Kind, how);
}
constexpr const char* lstm = "LSTM";
constexpr const char* gru = "GRU";
constexpr const char* simple = "SimpleRNN";

/// The cell of a layer "RNN".
std::vector<symbol> of_cell(call& at) {
    const outside how = outside_of(at);
    const json* inner = at.config.take({"cell"});
    const json* kind = inner == nullptr ? nullptr : inner->find("class_name");
    const json* config = inner == nullptr ? nullptr : inner->find("config");
    if (kind == nullptr || kind->text() == nullptr || config == nullptr ||
        (*kind->text() != "LSTMCell" && *kind->text() != "GRUCell" && *kind->text() != "SimpleRNNCell"))
        at.config.fail("a cell LSTMCell, GRUCell or SimpleRNNCell",
                       inner == nullptr ? "none" : inner->summary());
    layer_config own(*config, at.config.place(), at.config.all_faults());
    call inside{at.to, own, at.weights, at.place, at.in, at.version, at.part};
    const auto made = recurrence(inside, *kind->text(), how);
    own.finish();
    return made;
}

std::vector<symbol> bidirectional(call& at) {
    const json* merge = at.config.whole_config().find("merge_mode");
    const std::string mode = merge == nullptr                                       ? "concat"
                             : merge->is_null()                                     ? "none"
                             : merge->text() != nullptr && *merge->text() != "none" ? *merge->text()
                                                                                    : "?";
    at.config.skip({"merge_mode"});
    const json* parts[] = {at.config.take({"layer"}), nullptr};
    parts[1] = at.config.take({"backward_layer"});
    if (parts[1] == nullptr) parts[1] = parts[0];
    // What Keras 3 repeats of the layer within.
    for (const std::string_view key :
         {"return_sequences", "return_state", "go_backwards", "stateful", "num_constants"})
        at.config.skip({key});
    std::vector<symbol> results[2];
    std::vector<symbol> states[2];
    bool sequences = true;
    for (std::size_t k = 0; k < 2; ++k) {
        const json* kind = parts[k] == nullptr ? nullptr : parts[k]->find("class_name");
        const json* config = parts[k] == nullptr ? nullptr : parts[k]->find("config");
        if (kind == nullptr || kind->text() == nullptr || config == nullptr ||
            (*kind->text() != lstm && *kind->text() != gru && *kind->text() != simple))
            at.config.fail("a layer LSTM, GRU or SimpleRNN",
                           parts[k] == nullptr ? "none" : parts[k]->summary());
        layer_config own(*config, at.config.place() + (k == 0 ? ", forward" : ", backward"),
                         at.config.all_faults());
        call inside{
            at.to, own, at.weights, at.place, {}, at.version, k == 0 ? "forward_layer" : "backward_layer"};
        const outside how = outside_of(inside);
        const cell of = cell_of(inside, *kind->text());
        own.finish();
        const std::size_t count = of.kind == cells::lstm ? 2 : 1;
        const std::vector<value_id> all = states_of(at, 2 * count);
        std::vector<value_id> begins;
        if (!all.empty())
            begins.assign(all.begin() + static_cast<std::ptrdiff_t>(k * count),
                          all.begin() + static_cast<std::ptrdiff_t>((k + 1) * count));
        // The second one goes the other way, its results in the order of the input.
        const bool backwards = parts[0] == parts[1] ? how.backwards != (k == 1) : how.backwards;
        run made = pass(inside, of, at.in[0].id, backwards, begins);
        sequences = how.sequences;
        const bool turns =
            (k == 1) != backwards;  // a first one backwards, a second one forwards: turned as Keras does
        value_id steps = made.steps;
        if (turns) steps = reversed(inside, steps);
        results[k].push_back({how.sequences ? steps : made.last[0], how.sequences ? 3 : 2});
        if (how.state)
            for (const value_id one : made.last) states[k].push_back({one, 2});
    }
    const int rank = sequences ? 3 : 2;
    const std::vector<value_id> both{results[0][0].id, results[1][0].id};
    std::vector<symbol> made;
    if (mode == "none")
        made = {results[0][0], results[1][0]};
    else if (mode == "concat")
        made = {{at.to.node("Concat", both, {{"axis", std::int64_t{rank - 1}}}), rank}};
    else if (mode == "sum" || mode == "mul")
        made = {{at.to.node(mode == "sum" ? "Add" : "Mul", both), rank}};
    else if (mode == "ave")
        made = {{at.to.node("Mean", both), rank}};
    else
        at.config.fail("merge_mode concat, sum, mul, ave or null", merge->summary());
    for (const auto& own : states) made.insert(made.end(), own.begin(), own.end());
    return made;
}

}  // namespace

const std::map<std::string, layer_function, std::less<>>& recurrent_layers() {
    static const std::map<std::string, layer_function, std::less<>> table{{"LSTM", layer<lstm>},
                                                                          {"GRU", layer<gru>},
                                                                          {"SimpleRNN", layer<simple>},
                                                                          {"RNN", of_cell},
                                                                          {"Bidirectional", bidirectional}};
    return table;
}

}  // namespace archetype::graph::keras
