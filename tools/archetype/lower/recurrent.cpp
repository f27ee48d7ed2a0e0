// SPDX-License-Identifier: BSL-1.0
// LSTM, GRU and RNN of sequences {time, features}; their states are constants or values of the network.
#include "lowering.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace archetype::lower {

namespace {

/// The convention of a cell: how many gates, and which of ONNX' gates is the library's k-th.
struct cell {
    std::string_view type;
    std::vector<std::size_t> gates;
    std::size_t states;
};

cell cell_of(const std::string& operation) {
    if (operation == "LSTM") return {"lstm", {0, 2, 3, 1}, 2};  // ONNX has i, o, f, c
    if (operation == "GRU") return {"gru", {0, 1, 2}, 1};
    return {"simple_rnn", {0}, 1};
}

bool all_zero(const array& content) {
    const auto numbers = evaluate::all_reals(content);
    return std::all_of(numbers.begin(), numbers.end(), [](double one) { return one == 0; });
}

/// Rows [gate][unit] of one direction as columns of the library: {inputs, gates, units}.
std::vector<float> turned(const array& from, std::size_t direction, std::size_t units, const cell& of) {
    const std::size_t gates = of.gates.size();
    const auto inputs = static_cast<std::size_t>(from.shape[2]);
    std::vector<float> made(inputs * gates * units);
    for (std::size_t gate = 0; gate < gates; ++gate)
        for (std::size_t unit = 0; unit < units; ++unit)
            for (std::size_t i = 0; i < inputs; ++i)
                made[(i * gates + gate) * units + unit] = static_cast<float>(
                    from.as_reals()[((direction * gates + of.gates[gate]) * units + unit) * inputs + i]);
    return made;
}

struct recurrence {
    cell what;
    std::size_t units = 0, directions = 1;
    bool backwards = false;
};

/// What of the operator the library does not have, or "".
std::string missing(const lowering& to) {
    if (to.integer("input_forget", 0) != 0) return "no input_forget, but with sigmoid";
    if (to.node().attributes.contains("clip") && to.node().operation != "LSTM")
        return "no clip, but of an LSTM";
    if (to.node().attributes.contains("clip") && (to.has(7) || to.node().attributes.contains("activations")))
        return "a clip of an LSTM without peepholes and with its usual functions";
    if (to.integer("layout", 0) != 0) return "layout 0";
    if (to.has(4)) {
        if (!to.is_constant(4)) return "sequences as long as the axis";
        for (const std::int64_t length : to.wholes(4))
            if (length != to.shape(0)[0]) return "sequences as long as the axis";
    }
    return "";
}

/// Whether a first state is a value of the network. Then all of them are.
bool takes_states(const lowering& to, const recurrence& of) {
    for (std::size_t k = 5; k < 5 + of.what.states; ++k)
        if (to.has(k) && !to.is_constant(k)) return true;
    return false;
}

/// The part of first state `k` that belongs to one direction, {units}. A constant beside a value is a product with zeros and a sum.
std::optional<std::size_t> first_state(lowering& to, const recurrence& of, std::size_t k,
                                       std::size_t direction, std::size_t other) {
    const auto units = static_cast<std::int64_t>(of.units);
    const std::size_t first = direction * of.units;
    if (!to.has(5 + k) || to.is_constant(5 + k)) {
        std::vector<float> numbers(of.units);
        if (to.has(5 + k)) {
            const array from = to.constant(5 + k);
            for (std::size_t unit = 0; unit < of.units; ++unit)
                numbers[unit] = static_cast<float>(from.as_reals()[first + unit]);
        }
        const std::string shape = "at::shape{" + std::to_string(units) + "}";
        const std::size_t nothing = to.add("join_constants", {"at::multiply", shape}, {other}, {units},
                                           {{"kernel", {units}, std::vector<float>(of.units), false}});
        return to.add("join_constants", {"at::add", shape}, {nothing}, {units},
                      {{"kernel", {units}, std::move(numbers), false}});
    }
    layout where = merged(to.in(5 + k).where);
    std::vector<std::size_t> order;
    for (const auto& axis : where.axes) order.insert(order.end(), axis.begin(), axis.end());
    const auto ordered = to.with_order(to.in(5 + k).layer, where, order);
    if (!ordered) return std::nullopt;
    const std::size_t all = to.with_shape(*ordered, {units * static_cast<std::int64_t>(of.directions)});
    if (of.directions == 1) return all;
    std::vector<std::string> arguments{"1", std::to_string(first)};
    if (direction + 1 != of.directions) arguments.push_back(std::to_string(first + of.units));
    return to.add("slice", arguments, {all}, {units});
}

/// The functions of one direction as options of the layer: nothing for the usual ones. In `reason` what is missing.
std::vector<std::string> function_options(const lowering& to, const recurrence& of, std::size_t direction,
                                          std::string& reason) {
    const auto given = to.node().attributes.find("activations");
    if (given == to.node().attributes.end()) return {};
    const auto* names = std::get_if<std::vector<std::string>>(&given->second);
    const std::size_t count = of.what.type == "lstm" ? 3 : of.what.type == "gru" ? 2 : 1;
    if (names == nullptr || names->size() != count * of.directions) return {};
    const auto numbers = [&](const char* name) {
        const auto found = to.node().attributes.find(name);
        const auto* made =
            found == to.node().attributes.end() ? nullptr : std::get_if<std::vector<double>>(&found->second);
        return made == nullptr ? std::vector<double>{} : *made;
    };
    const std::vector<double> alphas = numbers("activation_alpha");
    const std::vector<double> betas = numbers("activation_beta");
    std::size_t alpha = 0;
    std::size_t beta = 0;
    // As layers of the library; alphas and betas go to those that take them, in order.
    std::vector<std::string> layers;
    for (const std::string& name : *names) {
        static const std::map<std::string_view, std::string_view> plain{{"Tanh", "at::tanh"},
                                                                        {"Sigmoid", "at::sigmoid"},
                                                                        {"Relu", "at::relu"},
                                                                        {"Softsign", "at::softsign"},
                                                                        {"Softplus", "at::softplus"}};
        const auto next = [](const std::vector<double>& from, std::size_t& at, double otherwise) {
            return literal(at < from.size() ? from[at++] : otherwise);
        };
        if (const auto found = plain.find(name); found != plain.end()) {
            layers.emplace_back(found->second);
        } else if (name == "Elu" || name == "LeakyRelu") {
            layers.push_back((name == "Elu" ? "at::elu<" : "at::leaky_relu<") +
                             next(alphas, alpha, name == "Elu" ? 1 : 0.01) + ">");
        } else if (name == "HardSigmoid") {
            const std::string slope = next(alphas, alpha, 0.2);
            layers.push_back("at::hard_sigmoid<" + slope + ", " + next(betas, beta, 0.5) + ">");
        } else {
            reason =
                "activations Tanh, Sigmoid, Relu, Softsign, Softplus, Elu, LeakyRelu, HardSigmoid; the file "
                "says " +
                name;
            return {};
        }
    }
    const auto* own = layers.data() + count * direction;
    const std::string& cell = own[of.what.type == "simple_rnn" ? 0 : 1];
    if (of.what.type == "lstm" && own[2] != cell)
        reason = "one function for the candidate and the state of an LSTM";
    std::vector<std::string> made;
    if (cell != "at::tanh") made.push_back("at::cell_activation<" + cell + ">");
    if (of.what.type != "simple_rnn" && own[0] != "at::sigmoid")
        made.push_back("at::recurrent_activation<" + own[0] + ">");
    return made;
}

/// A cell that stands before the network. Cells of one kind with other bounds have numbers behind their names.
struct defined_cell {
    std::string kind, note, step;  ///< the step is what stands between the braces

    std::string text(const std::string& name) const {
        return note + "struct " + name + " {\n    static constexpr at::text_view kind = \"" + kind +
               "\";\n    static constexpr std::size_t gates = 4, states = 2;\n"
               "    static constexpr auto step = [](auto i, auto f, auto c, auto o, auto /*short*/, auto "
               "before) {\n" +
               step + "    };\n};\n";
    }
};

/// The layer's second argument becomes the cell.
void define_cell(lowering& to, std::size_t at, const defined_cell& cell) {
    std::string name = cell.kind;
    std::set<std::string> others;
    for (std::size_t k = 0; k < at; ++k)
        if (to.at(k).text == cell.kind) others.insert(to.at(k).definition);
    for (std::size_t number = 2; !others.contains(cell.text(name)) && number <= others.size() + 1; ++number)
        name = cell.kind + "_" + std::to_string(number);
    layer& of = to.at(at);
    of.text = cell.kind;
    of.definition = cell.text(name);
    of.arguments.insert(of.arguments.begin() + 1, name);
}

/// ONNX' clip bounds what the functions of gates are given.
defined_cell bounded_gates(double clip) {
    const std::string bounds = ", " + literal(-clip) + ", " + literal(clip) + ")";
    return {"bounded_lstm", "/// An LSTM whose sums stay between two bounds, as the file says.\n",
            "        const auto after = sigmoid(clamp(f" + bounds + ") * before + sigmoid(clamp(i" + bounds +
                ") * tanh(clamp(c" + bounds + ");\n        return results(sigmoid(clamp(o" + bounds +
                ") * tanh(after), after);\n"};
}

/// TFLite's clip bounds the state.
defined_cell bounded_state(double clip) {
    return {"clipped_lstm", "/// An LSTM whose long-term state stays between two bounds, as the file says.\n",
            "        const auto after = clamp(sigmoid(f) * before + sigmoid(i) * tanh(c), " + literal(-clip) +
                ", " + literal(clip) + ");\n        return results(sigmoid(o) * tanh(after), after);\n"};
}

std::size_t one_direction(lowering& to, const recurrence& of, std::size_t direction, bool backwards,
                          bool sequences, std::size_t from, const std::vector<std::size_t>& first) {
    const std::size_t gates = of.what.gates.size();
    const std::size_t units = of.units;
    const auto inputs = to.shape(1)[2];
    const auto columns = static_cast<std::int64_t>(gates * units);
    std::vector<std::string> arguments{std::to_string(units)};
    std::vector<tensor> tensors{
        {"kernel", {inputs, columns}, turned(to.constant(1), direction, units, of.what)},
        {"recurrent_kernel",
         {static_cast<std::int64_t>(units), columns},
         turned(to.constant(2), direction, units, of.what)}};
    const bool after = of.what.type == "gru" && to.integer("linear_before_reset", 0) != 0;
    if (after) arguments.emplace_back("at::reset_after");
    std::string unused;
    for (std::string& one : function_options(to, of, direction, unused)) arguments.push_back(std::move(one));
    if (to.has(3)) {
        const auto numbers = to.constant(3).as_reals();
        std::vector<float> bias((after ? 2 : 1) * gates * units);
        for (std::size_t gate = 0; gate < gates; ++gate)
            for (std::size_t unit = 0; unit < units; ++unit) {
                const std::size_t begin = direction * 2 * gates * units + of.what.gates[gate] * units + unit;
                const double first = numbers[begin];
                const double second = numbers[begin + gates * units];
                if (after) {
                    bias[gate * units + unit] = static_cast<float>(first);
                    bias[(gates + gate) * units + unit] = static_cast<float>(second);
                } else {
                    bias[gate * units + unit] = static_cast<float>(first + second);
                }
            }
        tensors.push_back({"bias", after ? shape_type{2, columns} : shape_type{columns}, std::move(bias)});
    } else {
        arguments.emplace_back("at::no_bias");
    }
    if (of.what.type == "lstm" && to.has(7)) {
        const auto numbers = to.constant(7).as_reals();  // of gates i, o, f
        std::vector<float> peephole(3 * units);
        for (std::size_t gate = 0; gate < 3; ++gate)
            for (std::size_t unit = 0; unit < units; ++unit)
                peephole[gate * units + unit] = static_cast<float>(
                    numbers[(direction * 3 + std::size_t{gate == 0 ? 0U : 3U - gate}) * units + unit]);
        arguments.emplace_back("at::diagonal_peepholes");
        tensors.push_back({"peephole", {3, static_cast<std::int64_t>(units)}, std::move(peephole)});
    }
    bool begins = false;
    std::vector<float> state(of.what.states * units);
    for (std::size_t k = 0; k < of.what.states; ++k) {
        if (!first.empty() || !to.has(5 + k) || all_zero(to.constant(5 + k))) continue;
        begins = true;
        const auto numbers = to.constant(5 + k).as_reals();
        for (std::size_t unit = 0; unit < units; ++unit)
            state[k * units + unit] = static_cast<float>(numbers[direction * units + unit]);
    }
    if (begins) {
        arguments.emplace_back("at::given_initial_state");
        tensors.push_back({"initial_state",
                           {static_cast<std::int64_t>(of.what.states), static_cast<std::int64_t>(units)},
                           std::move(state),
                           false});
    }
    if (sequences) arguments.emplace_back("at::return_sequences");
    if (backwards) arguments.emplace_back("at::reversed");
    shape_type shape{static_cast<std::int64_t>(units)};
    if (sequences) shape.insert(shape.begin(), to.shape(0)[0]);
    std::vector<std::size_t> read{from};
    read.insert(read.end(), first.begin(), first.end());
    const double clip = rewrite::number_of(to.node(), "clip", 0);
    const std::size_t made = to.add(clip > 0 ? "recurrent" : std::string(of.what.type), arguments, read,
                                    shape, std::move(tensors));
    if (clip > 0) define_cell(to, made, bounded_gates(clip));
    to.at(made).states = first.size();
    to.at(made).name = to.name_for(1);
    return made;
}

bool recurrent(lowering& to) {
    recurrence of;
    of.what = cell_of(to.node().operation);
    for (const std::size_t k : {1U, 2U, 3U, 7U})
        if (to.has(k) && !to.is_constant(k)) return to.refuse("weights that are constants");
    const std::string direction = rewrite::text_of(to.node(), "direction", "forward");
    of.directions = direction == "bidirectional" ? 2 : 1;
    of.backwards = direction == "reverse";
    of.units = static_cast<std::size_t>(to.shape(2)[2]);
    std::string reason = missing(to);
    for (std::size_t k = 0; k < of.directions && reason.empty(); ++k) function_options(to, of, k, reason);
    if (!reason.empty()) return to.refuse(reason);
    if (to.shape(0)[1] != 1) return to.refuse("one sequence at a time");
    // {time, features}
    value_place& from = to.in(0);
    layout where = merged(from.where);
    std::vector<std::size_t> order = where.axes[0];
    order.insert(order.end(), where.axes[2].begin(), where.axes[2].end());
    const auto ordered = to.with_order(from.layer, where, order);
    if (!ordered) return to.refuse_order(0, "time, then features");
    const std::size_t sequence = to.with_shape(*ordered, {to.shape(0)[0], to.shape(0)[2]});
    const auto wanted = [&](std::size_t k) {
        return k < to.node().outputs.size() && to.node().outputs[k] != graph::no_value &&
               to.is_read(to.node().outputs[k]);
    };
    const auto units = static_cast<std::int64_t>(of.units);
    const auto directions = static_cast<std::int64_t>(of.directions);
    const bool sequences = wanted(0);
    const bool takes = takes_states(to, of);
    std::vector<std::size_t> parts;
    for (std::size_t k = 0; k < of.directions; ++k) {
        std::vector<std::size_t> first;
        const std::size_t known = to.has(5) && !to.is_constant(5) ? 0 : 1;  // a state that is a value
        for (std::size_t s = 0; takes && s < of.what.states; ++s) {
            const auto other = first_state(to, of, known, k, 0);
            const auto own = s == known ? other : other ? first_state(to, of, s, k, *other) : std::nullopt;
            if (!own) return to.refuse_order(5, "units of a state as in the file");
            first.push_back(*own);
        }
        parts.push_back(one_direction(to, of, k, of.backwards || k == 1, sequences, sequence, first));
    }
    const auto together = [&](const std::vector<std::size_t>& layers, shape_type shape) {
        if (layers.size() == 1) return layers[0];
        shape.back() *= directions;
        return to.add("concatenate", {}, layers, shape, {}, layer::kinds::join);
    };
    const auto states_behind = [&](std::size_t state) {
        std::vector<std::size_t> made;
        for (const std::size_t part : parts) {
            made.push_back(to.add("state", {}, {part}, {units}, {}, layer::kinds::state));
            to.at(made.back()).states = state;
        }
        return together(made, {units});
    };
    const bool hands_on = takes || (of.what.states == 2 && wanted(2));
    if (hands_on) {
        if (sequences) to.give(together(parts, {to.shape(0)[0], units}), in_order(to.out_shape(0)), 0);
        if (wanted(1)) to.give(states_behind(0), in_order(to.out_shape(1)), 1);
        if (of.what.states == 2 && wanted(2)) to.give(states_behind(1), in_order(to.out_shape(2)), 2);
    } else if (sequences) {
        to.give(together(parts, {to.shape(0)[0], units}), in_order(to.out_shape(0)), 0);
        if (wanted(1)) {
            // The state after the last step, of a reversed layer the first row.
            std::vector<std::size_t> last;
            for (std::size_t k = 0; k < parts.size(); ++k) {
                const bool first_row = of.backwards || k == 1;
                const std::int64_t steps = to.shape(0)[0];
                std::vector<std::string> arguments{"1", std::to_string(first_row ? 0 : steps - 1)};
                if (first_row && steps != 1) arguments.emplace_back("1");
                const std::size_t row =
                    steps == 1 ? parts[k] : to.add("slice", arguments, {parts[k]}, {1, units});
                last.push_back(to.with_shape(row, {units}));
            }
            to.give(together(last, {units}), in_order(to.out_shape(1)), 1);
        }
    } else {
        to.give(together(parts, {units}), in_order(to.out_shape(1)), 1);
    }
    return true;
}

/// TFLite's LSTM of {1, time, features}, with weights of each gate and a clip of the long-term state.
bool fused_lstm(lowering& to) {
    for (std::size_t k = 1; k < to.node().inputs.size(); ++k) {
        const bool weight = k <= 8 || (k >= 12 && k <= 15);
        if (weight && !to.is_constant(k)) return to.refuse("weights that are constants");
        if (!weight && k != 18 && k != 19 && to.has(k))
            return to.refuse("no peepholes, projection or normalization");
    }
    if (!graph::is_real(to.graph().types.at(to.node().outputs[0])))
        return to.refuse("integers of the file with its scales: real numbers are supported");
    if (rewrite::text_of(to.node(), "fused_activation_function", "NONE") != "TANH") return to.refuse("tanh");
    const std::size_t time = to.integer("time_major", 0) != 0 ? 0 : 1;
    if (to.shape(0)[1 - time] != 1) return to.refuse("one sequence at a time");
    const layout& where = to.in(0).where;
    if (!same_places(where, in_order(to.shape(0)))) return to.refuse_order(0, "time, then features");
    const std::int64_t steps = to.shape(0)[time];
    const std::int64_t inputs = to.shape(0)[2];
    const std::int64_t units = to.shape(5)[0];
    const auto matrix = [&](std::size_t first, std::int64_t rows) {
        std::vector<float> made(static_cast<std::size_t>(4 * rows * units));
        for (std::size_t gate = 0; gate < 4; ++gate) {
            const array from = to.constant(first + gate);
            for (std::size_t unit = 0; unit < static_cast<std::size_t>(units); ++unit)
                for (std::size_t i = 0; i < static_cast<std::size_t>(rows); ++i)
                    made[(i * 4 + gate) * static_cast<std::size_t>(units) + unit] =
                        static_cast<float>(from.as_reals()[unit * static_cast<std::size_t>(rows) + i]);
        }
        return made;
    };
    std::vector<float> bias;
    for (std::size_t gate = 0; gate < 4; ++gate) {
        const array part = to.constant(12 + gate);
        for (const double one : part.as_reals()) bias.push_back(static_cast<float>(one));
    }
    std::vector<tensor> tensors{{"kernel", {inputs, 4 * units}, matrix(1, inputs)},
                                {"recurrent_kernel", {units, 4 * units}, matrix(5, units)},
                                {"bias", {4 * units}, std::move(bias)}};
    // Of a file in 8 bits the integers have the clip.
    const bool narrow = to.has_scale(0);
    const double clip = narrow ? 0 : rewrite::number_of(to.node(), "cell_clip", 0);
    const std::size_t from = to.with_shape(to.in(0).layer, {steps, inputs});
    std::vector<std::string> arguments{std::to_string(units)};
    arguments.emplace_back("at::return_sequences");
    if (narrow) arguments.emplace_back("at::int8_states");
    const std::size_t made =
        to.add(clip > 0 ? "recurrent" : "lstm", arguments, {from}, {steps, units}, std::move(tensors));
    to.at(made).name = to.name_for(18);
    if (clip > 0) define_cell(to, made, bounded_state(clip));
    to.give(made, in_order(to.out_shape()));
    return true;
}

}  // namespace

const std::map<std::string_view, lower_function>& recurrent_operators() {
    static const std::map<std::string_view, lower_function> table{
        {"LSTM", recurrent},
        {"GRU", recurrent},
        {"RNN", recurrent},
        {"UNIDIRECTIONAL_SEQUENCE_LSTM", fused_lstm}};
    return table;
}

}  // namespace archetype::lower
