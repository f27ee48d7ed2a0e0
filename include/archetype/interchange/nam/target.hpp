// SPDX-License-Identifier: BSL-1.0
/// @file target.hpp
/// A network against the graph of an amplifier file. From the results backwards, each layer is the step of the file whose
/// sources are its own; the parts of sums and products in any order. If that fails, the first layer, in the network's order,
/// that is no step of the file is reported with what the file has in its place.
#pragma once
#include <archetype/interchange/import_target.hpp>
#include <archetype/interchange/nam/fields.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net, class T>
class nam_target {
    static constexpr auto& facts = unchecked_facts<Net>;
    using target = import_target<Net, T>;
    using kind = nam_graph::kind;

public:
    nam_target(const std::string& path, nam_graph& graph) : graph_(graph), target_(path) {}

    static std::size_t contractions() {
        std::size_t count = 0;
        for (std::size_t n = 0; n < facts.size(); ++n) count += facts.nodes[n].parameter_tensors != 0;
        return count;
    }

    /// All of it, or what does not fit. Value 0 of the graph is the input.
    std::optional<load_failure> read(model<Net, T>& to) {
        if (could_be(facts.outputs[0].node, graph_.result) && bind(facts.outputs[0].node, graph_.result)) {
            for (const import_layer& layer : layers_)
                if (bound_[layer.node] != no_value) set(layer, step_of(bound_[layer.node]));
        } else {
            explain();
        }
        return target_.finish(to);
    }

private:
    /// What a value of the network is without what computes nothing.
    static std::size_t behind_aliases(std::size_t n) {
        while (n != none && facts.nodes[n].role == layer_role::alias && facts.nodes[n].edge_count == 1 &&
               facts.nodes[n].output == facts.nodes[n].input)
            n = facts.source(facts.nodes[n], 0);
        return n;
    }
    static bool joins(std::size_t n, kind type) {
        return n != none && facts.nodes[n].joins == (type == kind::sum ? join_kind::sum : join_kind::product);
    }
    /// What a sum of sums adds.
    static void collect(std::size_t n, kind type, std::vector<std::size_t>& to) {
        n = behind_aliases(n);
        if (!joins(n, type)) return to.push_back(n);
        for (std::size_t e = 0; e < facts.nodes[n].edge_count; ++e)
            collect(facts.source(facts.nodes[n], e), type, to);
    }
    const import_layer* layer_of(std::size_t n) const {
        for (const import_layer& layer : layers_)
            if (layer.node == n) return &layer;
        return nullptr;
    }
    const nam_step& step_of(std::size_t value) const { return graph_.steps[graph_.values[value].index]; }

    /// Whether a value of the network is made as a value of the file, whatever its weights.
    bool could_be(std::size_t n, std::size_t value) {
        n = behind_aliases(n);
        if (n == none || graph_.values[value].type == kind::input)
            return n == none && graph_.values[value].type == kind::input;
        signed char& known = known_[n * graph_.values.size() + value];
        if (known < 0) {
            known = 0;
            known = compare(n, value) ? 1 : 0;
        }
        return known == 1;
    }
    bool compare(std::size_t n, std::size_t value) {
        const node& here = facts.nodes[n];
        const auto& one = graph_.values[value];
        if (one.type == kind::step) {
            const import_layer* const layer = layer_of(n);
            const nam_step& step = step_of(value);
            return layer != nullptr && fits(*layer, step) && could_be(facts.source(here, 0), one.operands[0]);
        }
        if (one.type == kind::function)
            return functions_[n] && here.edge_count == 1 && graph_.functions[one.index].is(*functions_[n]) &&
                   could_be(facts.source(here, 0), one.operands[0]);
        return joins(n, one.type) && !pair(n, value).empty();
    }
    /// Which part of a sum or product of the network is which of the file's; empty if there is no way.
    std::vector<std::pair<std::size_t, std::size_t>> pair(std::size_t n, std::size_t value) {
        const auto& one = graph_.values[value];
        std::vector<std::size_t> parts;
        collect(n, one.type, parts);
        if (parts.size() != one.operands.size()) return {};
        std::vector<std::size_t> owner(parts.size(), none);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            std::vector<bool> tried(parts.size());
            if (!place(parts, one.operands, i, owner, tried)) return {};
        }
        std::vector<std::pair<std::size_t, std::size_t>> made;
        made.reserve(parts.size());
        for (std::size_t k = 0; k < parts.size(); ++k) made.push_back({parts[owner[k]], one.operands[k]});
        return made;
    }
    bool place(const std::vector<std::size_t>& parts, const std::vector<std::size_t>& operands, std::size_t i,
               std::vector<std::size_t>& owner, std::vector<bool>& tried) {
        for (std::size_t k = 0; k < operands.size(); ++k) {
            if (tried[k] || !could_be(parts[i], operands[k])) continue;
            tried[k] = true;
            if (owner[k] == none || place(parts, operands, owner[k], owner, tried)) {
                owner[k] = i;
                return true;
            }
        }
        return false;
    }
    /// Each layer becomes one step; false if it had to be two.
    bool bind(std::size_t n, std::size_t value) {
        n = behind_aliases(n);
        if (n == none) return true;
        const auto& one = graph_.values[value];
        if (one.type == kind::sum || one.type == kind::product) {
            for (const auto& [part, operand] : pair(n, value))
                if (!bind(part, operand)) return false;
            return true;
        }
        if (bound_[n] != no_value) return bound_[n] == value;
        bound_[n] = value;
        return bind(facts.source(facts.nodes[n], 0), one.operands[0]);
    }

    /// Whether a layer is of the kind and of the sizes of a step.
    bool fits(const import_layer& layer, const nam_step& step) const {
        if (layer.is_recurrent)
            return step.is_lstm && wrong_lstm(layer).empty() && target::shape_of(layer, 0) == kernel_of(step);
        return !step.is_lstm && is_convolution(layer) && is_causal(layer) && differences(layer, step).empty();
    }
    void set(const import_layer& layer, const nam_step& step) {
        if (step.is_lstm)
            set_lstm(layer, step);
        else
            set_contraction(layer, step);
    }

    /// Reports what does not fit: the network's layers in their order, each with the file's first that could be it.
    void explain() {
        values_.assign(facts.size(), no_value);
        auto layer = layers_.begin();
        for (std::size_t n = 0; n < facts.size(); ++n) {
            const node& here = facts.nodes[n];
            const bool has_own = layer != layers_.end() && layer->node == n;
            const import_layer* const own = has_own ? &*layer++ : nullptr;
            bool is_known = true;
            std::vector<std::size_t> sources;
            for (std::size_t e = 0; e < here.edge_count; ++e) {
                sources.push_back(value_of(facts.source(here, e)));
                is_known = is_known && sources.back() != no_value;
            }
            if (!is_known || sources.empty()) continue;  // its source was reported
            values_[n] = evaluate(n, own, sources, functions_[n]);
        }
        if (is_reported_) return;
        report_end();
    }
    void report(load_problem problem, std::string place, std::string expected, std::string found) {
        is_reported_ = true;
        target_.report(problem, std::move(place), std::move(expected), std::move(found));
    }
    void expect(const import_layer& layer, const std::string& what, const std::string& expected,
                const std::string& found) {
        if (!target_.expect(layer, what, expected, found)) is_reported_ = true;
    }

    std::size_t value_of(std::size_t source) const { return source == none ? 0 : values_[source]; }

    static std::string path_of(std::size_t n) {
        std::string made;
        path_text text{made};
        append_path(text, facts, facts.nodes[n].scope);
        return made;
    }

    std::size_t evaluate(std::size_t n, const import_layer* own, const std::vector<std::size_t>& sources,
                         const std::optional<import_function>& function) {
        const node& here = facts.nodes[n];
        if (own != nullptr)
            return own->is_recurrent                      ? recurrent(*own, sources[0])
                   : here.role == layer_role::contraction ? contraction(*own, sources[0])
                                                          : unknown(n);
        if (here.parameter_tensors != 0 || here.role == layer_role::source) return unknown(n);
        if (function) return apply(n, *function, sources[0]);
        if (here.joins == join_kind::sum) return graph_.join(kind::sum, sources);
        if (here.joins == join_kind::product) return graph_.join(kind::product, sources);
        if (here.role == layer_role::alias && here.output == here.input) return sources[0];
        return unknown(n);
    }
    std::size_t unknown(std::size_t n) {
        const text_view own = facts.nodes[n].kind;
        report(load_problem::unexpected, path_of(n), "a layer that amplifier files have",
               std::string(own.data(), own.size()) +
                   (facts.nodes[n].shares == none ? "" : " that shares its weights"));
        return no_value;
    }

    std::size_t apply(std::size_t n, const import_function& own, std::size_t source) {
        std::string found;
        std::size_t other = no_value;
        for (std::size_t v = 0; v < graph_.values.size(); ++v) {
            const auto& one = graph_.values[v];
            if (one.type != kind::function || one.operands[0] != source) continue;
            if (graph_.functions[one.index].is(own)) return v;
            other = v;
            if (found.size() < 200)
                found += (found.empty() ? "" : " or ") + graph_.functions[one.index].text + " (" +
                         graph_.places[one.index] + ")";
        }
        report(load_problem::shape, path_of(n) + ": activation", text_of(own),
               found.empty() ? "no function of what this layer reads" + unused() : found);
        return other;
    }

    /// The file's next step over a value, or the one most like the layer: what comes after is compared with what comes
    /// after that.
    template <class Report>
    std::size_t take(const import_layer& layer, std::size_t source, bool is_lstm, Report report_difference) {
        nam_step* nearest = nullptr;
        std::size_t least = 0;
        for (nam_step& step : graph_.steps) {
            if (step.source != source || step.is_lstm != is_lstm || step.is_used) continue;
            const std::size_t count =
                fits(layer, step) ? 0 : 1 + (is_lstm ? 0 : differences(layer, step).size());
            if (nearest == nullptr || count < least) nearest = &step, least = count;
        }
        if (nearest == nullptr) {
            report(load_problem::missing, layer.path, target::kind(layer),
                   "no further layer that reads this" + unused());
            return no_value;
        }
        nearest->is_used = true;
        if (least != 0) report_difference(*nearest);
        return nearest->value;
    }
    /// Where the file goes on.
    std::string unused() const {
        for (const nam_step& step : graph_.steps)
            if (!step.is_used) return "; the file's next is " + step.place;
        return "; the file ends";
    }

    struct difference {
        std::string what, expected, found;
    };
    static std::vector<std::size_t> kernel_of(const nam_step& step) {
        return {step.block.in, 4 * step.block.out};
    }
    /// What of a recurrent layer is not as in the cells of amplifier files.
    static std::vector<difference> wrong_lstm(const import_layer& layer) {
        std::vector<difference> made;
        const std::size_t tensors = target::at(layer).parameter_tensors;
        if (target::kind(layer) != "lstm") made.push_back({"layer", target::kind(layer), "lstm"});
        if (tensors != 4 || !layer.has_initial_state)
            made.push_back({"parameters", layer.has_initial_state ? "4" : "4, with given_initial_state",
                            std::to_string(tensors)});
        if (!layer.is_plain_cell)
            made.push_back({"cell", "with proj_size, layer_norm_inside, time_axis or in_blocks", "without"});
        if (!layer.returns_sequences) made.push_back({"return_sequences", "false", "true"});
        if (layer.is_reversed) made.push_back({"direction", "backwards", "forwards"});
        const auto check = [&](const char* what, const std::optional<import_function>& own,
                               const nam_function& wanted) {
            if (!own || !wanted.is(*own))
                made.push_back({what, own ? text_of(*own) : std::string("none"), wanted.text});
        };
        check("activation", layer.cell, nam_function::of("tanh", [](double x) { return std::tanh(x); }));
        check("gate activation", layer.gate,
              nam_function::of("sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }));
        return made;
    }
    std::size_t recurrent(const import_layer& layer, std::size_t source) {
        const auto wrong = wrong_lstm(layer);
        for (const auto& [what, expected, found] : wrong) expect(layer, what, expected, found);
        if (!wrong.empty()) return no_value;
        return take(layer, source, true, [&](const nam_step& step) {
            report(load_problem::shape, target_.name(layer, 0),
                   archetype::shape_text(target::shape_of(layer, 0)),
                   archetype::shape_text(kernel_of(step)) + in_file(step));
        });
    }
    static std::string in_file(const nam_step& step) { return " (" + step.place + ")"; }

    /// Rows of input and recurrent weights for each gate and unit; the bias; the state, hidden before cell.
    void set_lstm(const import_layer& layer, const nam_step& step) {
        const std::size_t in = step.block.in, units = step.block.out, columns = 4 * units;
        const float* next = step.block.weights->data() + step.block.offset;
        T *const kernel = target_.values_of(layer, 0), *const recurrent = target_.values_of(layer, 1);
        for (std::size_t k = 0; k < columns; ++k) {
            for (std::size_t m = 0; m < in; ++m) kernel[m * columns + k] = static_cast<T>(*next++);
            for (std::size_t m = 0; m < units; ++m) recurrent[m * columns + k] = static_cast<T>(*next++);
        }
        const float* const state = step.block.weights->data() + step.block.bias_offset;
        for (std::size_t k = 0; k < columns; ++k) target_.values_of(layer, 2)[k] = static_cast<T>(next[k]);
        for (std::size_t k = 0; k < 2 * units; ++k) target_.values_of(layer, 3)[k] = static_cast<T>(state[k]);
    }

    /// A convolution or a dense layer, which is one of a single tap.
    struct form {
        std::size_t in, out, taps, dilation, groups;
        bool has_bias;
    };
    static form form_of(const import_layer& layer) {
        const node& at = target::at(layer);
        const window_axis& time = at.window.columns;
        return {at.input.channels(),
                at.output.channels(),
                at.has_window ? time.kernel : 1,
                at.has_window ? time.dilation : 1,
                at.groups,
                at.parameter_tensors > 1};
    }

    static bool is_convolution(const import_layer& layer) {
        const std::string own = target::kind(layer);
        return target::at(layer).input.rank == 2 &&
               (own == "dense" || own == "conv1d" || own == "depthwise_conv1d");
    }
    static bool is_causal(const import_layer& layer) {
        const node& at = target::at(layer);
        const window_axis& time = at.window.columns;
        return !at.has_window || (time.before == time.reach() - 1 && time.after == 0 && time.stride == 1);
    }
    std::size_t contraction(const import_layer& layer, std::size_t source) {
        if (!is_convolution(layer)) return unknown(layer.node);
        if (!is_causal(layer)) {
            const window_axis& time = target::at(layer).window.columns;
            expect(layer, "padding",
                   std::to_string(time.before) + " before and " + std::to_string(time.after) +
                       " after, stride " + std::to_string(time.stride),
                   "causal, stride 1");
            return no_value;
        }
        return take(layer, source, false, [&](const nam_step& step) {
            for (const auto& [what, expected, found] : differences(layer, step))
                expect(layer, what, expected, found + in_file(step));
        });
    }
    static std::vector<difference> differences(const import_layer& layer, const nam_step& step) {
        const form own = form_of(layer);
        std::vector<difference> made;
        const auto compare = [&](const char* what, std::size_t expected, std::size_t found) {
            if (expected != found) made.push_back({what, std::to_string(expected), std::to_string(found)});
        };
        compare("channels in", own.in, step.block.in);
        compare("filters", own.out, step.count);
        compare("kernel size", own.taps, step.block.taps);
        if (own.taps != 1 || step.block.taps != 1) compare("dilation", own.dilation, step.block.dilation);
        // Without groups, the weights between groups are 0.
        const bool is_whole = step.count == step.block.out;
        if (own.groups != 1 && (own.groups != step.block.groups || !is_whole))
            compare("groups", own.groups, is_whole ? step.block.groups : 1);
        if (own.has_bias != step.has_bias())
            made.push_back(
                {"bias", own.has_bias ? "with bias" : "no bias", step.has_bias() ? "with bias" : "no bias"});
        return made;
    }
    void set_contraction(const import_layer& layer, const nam_step& step) {
        const form own = form_of(layer);
        const std::size_t inputs = own.in / own.groups, filters = own.out / own.groups;
        const bool is_depthwise = target::kind(layer) == "depthwise_conv1d";
        T* const kernel = target_.values_of(layer, 0);
        for (std::size_t o = 0; o < own.out; ++o)
            for (std::size_t i = 0; i < inputs; ++i)
                for (std::size_t k = 0; k < own.taps; ++k) {
                    const std::size_t to = is_depthwise ? k * own.out + o : (k * inputs + i) * own.out + o;
                    kernel[to] = checked(layer, 0, step.weight(o, o / filters * inputs + i, k));
                }
        if (!own.has_bias) return;
        T* const bias = target_.values_of(layer, 1);
        for (std::size_t o = 0; o < own.out; ++o) bias[o] = checked(layer, 1, step.bias(o));
    }
    /// A finite weight may leave the type when the scale of the head is in it.
    T checked(const import_layer& layer, std::size_t tensor, double weight) {
        const T made = static_cast<T>(std::clamp(weight, -double(std::numeric_limits<T>::max()),
                                                 double(std::numeric_limits<T>::max())));
        if (double(made) != weight && std::abs(weight) > double(std::numeric_limits<float>::max()))
            target_.report(load_problem::dtype, target_.name(layer, tensor),
                           "weights within the type, scaled", number_text(weight));
        return made;
    }

    void report_end() {
        const std::size_t end = graph_.result;
        for (const nam_step& step : graph_.steps)
            if (!step.is_used && reaches(end, step.value)) {
                report(load_problem::unexpected, "the network", "a further layer for " + step.place,
                       "its end");
                return;
            }
        report(load_problem::shape, "the network",
               "the file's result, of all its layers joined as they are there", "another result");
    }
    /// Whether a value is made of another.
    bool reaches(std::size_t from, std::size_t wanted) const {
        std::vector<bool> seen(graph_.values.size());
        std::vector<std::size_t> open{from};
        while (!open.empty()) {
            const std::size_t at = open.back();
            open.pop_back();
            if (at == wanted) return true;
            if (seen[at]) continue;
            seen[at] = true;
            const auto& operands = graph_.values[at].operands;
            open.insert(open.end(), operands.begin(), operands.end());
        }
        return false;
    }

    nam_graph& graph_;
    target target_;
    const std::vector<import_layer> layers_ = import_layers<Net>();
    const std::vector<std::optional<import_function>> functions_ = import_functions<Net>();
    std::vector<signed char> known_ =
        std::vector<signed char>(facts.size() * graph_.values.size(), static_cast<signed char>(-1));
    std::vector<std::size_t> bound_ = std::vector<std::size_t>(facts.size(), no_value), values_{};
    bool is_reported_ = false;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
