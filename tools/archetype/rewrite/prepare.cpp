// SPDX-License-Identifier: BSL-1.0
#include "prepare.hpp"

#include "../evaluate/operators.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <memory>

namespace archetype::rewrite {

namespace {

using evaluate::datum;

/// All values that a node reads, also inside its bodies.
void values_read(const graph::node& of, std::set<value_id>& to) {
    to.insert(of.inputs.begin(), of.inputs.end());
    for (const auto& [name, content] : of.attributes)
        if (const auto* body = std::get_if<std::shared_ptr<graph::block>>(&content)) {
            for (const graph::node& one : (*body)->nodes) values_read(one, to);
            to.insert((*body)->outputs.begin(), (*body)->outputs.end());
        }
}

std::vector<value_id> results_of(const graph::node& node) {
    std::vector<value_id> made = node.outputs;
    std::erase(made, no_value);
    return made;
}

bool has_body(const graph::node& of) {
    return std::any_of(of.attributes.begin(), of.attributes.end(), [](const auto& one) {
        return std::holds_alternative<std::shared_ptr<graph::block>>(one.second);
    });
}

datum zeros(element_type type, const shape_type& shape, const std::string& place) {
    const auto count = graph::element_count(shape);
    if (!count || *count > (std::int64_t{1} << 30))
        throw file_error({place, "an input of at most 2^30 elements", graph::shape_text(shape)});
    const auto size = static_cast<std::size_t>(*count);
    if (type == element_type::text) return array(type, shape, evaluate::texts(size));
    if (graph::is_whole(type)) return array(type, shape, evaluate::wholes(size, 0));
    return array(type == element_type::none ? element_type::float32 : type, shape,
                 evaluate::reals(size, 0.0));
}

std::map<std::string, datum> zero_inputs(network& of, std::map<std::string, shape_type> given) {
    std::map<std::string, datum> made;
    for (const value_id id : of.model.main.inputs) {
        const graph::value& value = of.model.values[id];
        if (value.constant) continue;
        const std::string place = of.model.path + ", input \"" + value.name + "\"";
        if (value.kind != graph::value_kind::tensor) throw file_error({place, "a tensor", "something else"});
        shape_type shape;
        if (const auto found = given.find(value.name); found != given.end()) {
            shape = found->second;
            given.erase(found);
        } else if (value.shape) {
            bool first = true;
            for (const graph::dimension& one : *value.shape) {
                if (one.extent <= 0 && !first)
                    of.notes.push_back("input \"" + value.name + "\" has an open extent" +
                                       (one.symbol.empty() ? "" : " (" + one.symbol + ")") +
                                       ", taken as 1: --input " + value.name + "=... says another");
                shape.push_back(one.extent <= 0 ? 1 : one.extent);
                first = false;
            }
        } else {
            throw file_error({place, "a shape by --input " + value.name + "=...", "none in the file"});
        }
        made[value.name] = zeros(value.type, shape, place);
    }
    if (!given.empty())
        throw file_error({of.model.path, "inputs of the file", "\"" + given.begin()->first + "\""});
    return made;
}

/// Shapes and types of all values by an evaluation without products; of those that are not reached, as the file says.
/// @returns what nodes that were evaluated gave, nothing if all were
std::optional<std::set<value_id>> find_shapes(network& of, const graph::model& file,
                                              const std::map<std::string, datum>& inputs,
                                              std::vector<refusal>& refused) {
    std::set<value_id> reached;
    const auto record = [&](value_id id, const array& content) {
        of.shapes[id] = content.shape;
        of.types[id] = content.type;
    };
    for (const value_id id : file.main.inputs)
        if (const auto found = inputs.find(file.values[id].name); found != inputs.end())
            record(id, found->second.tensor);
    const auto watch = [&](const graph::node& node, const evaluate::call&,
                           const std::vector<datum>& results) {
        reached.insert(node.outputs.begin(), node.outputs.end());
        for (std::size_t k = 0; k < node.outputs.size() && k < results.size(); ++k)
            if (node.outputs[k] != no_value && results[k].kind == datum::kinds::tensor)
                record(node.outputs[k], results[k].tensor);
    };
    const std::vector<evaluate::refusal> unknown = evaluate::refusals_of(file);
    for (const evaluate::refusal& one : unknown) refused.push_back({one.node, one.operation, "", one.reason});
    evaluate::settings settings = of.limits;
    settings.shapes_only = true;
    try {
        evaluate::evaluator evaluator(file, settings, watch);
        (void)evaluator.run(inputs);
    } catch (const file_error& found) {
        if (unknown.empty()) throw;
    }
    for (value_id id = 0; id < file.values.size(); ++id) {
        const graph::value& value = file.values[id];
        if (of.shapes.contains(id) || !value.shape) continue;
        shape_type shape;
        for (const graph::dimension& one : *value.shape)
            shape.push_back(std::max<std::int64_t>(one.extent, 1));
        // As of what is evaluated: lists of places are made of these sizes.
        if (const auto count = graph::element_count(shape);
            !value.constant && (!count || *count > of.limits.most_elements))
            throw file_error({file.path + ", \"" + value.name + "\"",
                              "at most " + std::to_string(of.limits.most_elements) + " elements",
                              graph::shape_text(shape)});
        of.shapes[id] = shape;
        of.types[id] = value.type;
    }
    if (unknown.empty()) return std::nullopt;
    return reached;
}

/// What `Shape` and `Size` give, as shapes are known.
std::optional<array> shape_constant(const network& of, const graph::node& node) {
    const bool tflite = node.domain == "tflite";
    if (node.operation != "Shape" && node.operation != "SHAPE" && node.operation != "Size")
        return std::nullopt;
    if (node.inputs.size() != 1 ||
        (!of.shapes.contains(node.inputs[0]) && of.constant(node.inputs[0]) == nullptr))
        return std::nullopt;
    const shape_type& shape = of.shape(node.inputs[0]);
    if (node.operation == "Size")
        return array(element_type::int64, {}, evaluate::wholes{*graph::element_count(shape)});
    const auto rank = static_cast<std::int64_t>(shape.size());
    const auto bound = [&](std::int64_t at) {
        return static_cast<std::size_t>(std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank));
    };
    const std::size_t first = bound(integer_of(node, "start", 0));
    const std::size_t last = bound(integer_of(node, "end", rank));
    evaluate::wholes part;
    for (std::size_t k = first; k < last; ++k) part.push_back(shape[k]);
    const auto size = static_cast<std::int64_t>(part.size());
    // TFLite's type of the result: 2 is int32, 4 int64.
    const bool narrow = tflite && integer_of(node, "out_type", 2) != 4;
    return array(narrow ? element_type::int32 : element_type::int64, {size}, std::move(part));
}

/// The nodes of a branch whose condition is a constant, in place of the `If`.
bool inline_branches(network& of) {
    for (std::size_t k = 0; k < of.steps.size(); ++k) {
        const graph::node& node = of.steps[k].node;
        if (node.operation != "If" || !node.domain.empty()) continue;
        const double* condition = of.scalar(node.inputs.at(0));
        if (condition == nullptr) continue;
        const auto& body = std::get<std::shared_ptr<graph::block>>(
            node.attributes.find(*condition != 0 ? "then_branch" : "else_branch")->second);
        std::vector<step> made;
        for (const graph::node& one : body->nodes) {
            made.push_back({one, {of.files_nodes.size()}});
            of.files_nodes.push_back(graph::place_text(of.model, one));
        }
        for (std::size_t out = 0; out < node.outputs.size(); ++out)
            if (node.outputs[out] != no_value)
                made.push_back(make_step("Identity", {body->outputs.at(out)}, node.outputs[out], {}, {}));
        of.note(of.steps[k].sources, "a condition that is known: one branch became its nodes");
        of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(k));
        of.steps.insert(of.steps.begin() + static_cast<std::ptrdiff_t>(k),
                        std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
        return true;
    }
    return false;
}

}  // namespace

std::vector<array> evaluated(const network& of, const std::vector<const step*>& nodes,
                             const std::map<value_id, array>& given, const std::vector<value_id>& outputs,
                             bool float64) {
    graph::model alone;
    alone.path = of.model.path;
    alone.versions = of.model.versions;
    std::map<value_id, value_id> ids;
    const auto local = [&](value_id id) {
        if (id == no_value) return id;
        const auto [place, fresh] = ids.emplace(id, alone.values.size());
        if (!fresh) return place->second;
        graph::value& made = alone.values.emplace_back(of.model.values[id]);
        made.constant.reset();
        if (float64) made.quantized.reset();
        const auto found = given.find(id);
        if (found != given.end())
            made.constant = evaluate::tensor_of(found->second);
        else if (const array* content = of.constant(id))
            made.constant = evaluate::tensor_of(*content);
        return place->second;
    };
    for (const step* one : nodes) {
        graph::node copy = one->node;
        for (value_id& id : copy.inputs) id = local(id);
        for (value_id& id : copy.outputs) id = local(id);
        alone.main.nodes.push_back(std::move(copy));
    }
    for (const value_id id : outputs) alone.main.outputs.push_back(local(id));
    evaluate::settings settings = of.limits;
    settings.float64 = float64;
    evaluate::evaluator evaluator(alone, settings);
    std::vector<array> made;
    for (const datum& one : evaluator.run({})) {
        if (one.kind != datum::kinds::tensor) return {};
        made.push_back(one.tensor);
    }
    return made;
}

void fold_constants(network& of, bool keeps_all) {
    bool again = true;
    std::set<value_id> folded;
    while (again) {
        std::vector<step> kept;
        for (step& one : of.steps) {
            graph::node& node = one.node;
            std::vector<array> results;
            if (auto shape = shape_constant(of, node)) {
                results.push_back(std::move(*shape));
            } else {
                std::set<value_id> read;
                values_read(node, read);
                read.erase(no_value);
                const bool fixed = std::all_of(read.begin(), read.end(),
                                               [&](value_id id) { return of.constants.contains(id); });
                const bool stays = node.operation == "VAR_HANDLE" || node.operation == "CALL_ONCE" ||
                                   node.operation == "RandomNormal" || node.operation == "RandomUniform";
                if (fixed && !has_body(node) && !stays && evaluate::find_operation(node) != nullptr)
                    results = evaluated(of, {&one}, {}, results_of(node), false);
            }
            if (results.empty()) {
                kept.push_back(std::move(one));
                continue;
            }
            std::size_t next = 0;
            for (const value_id id : node.outputs) {
                if (id == no_value) continue;
                of.shapes[id] = results[next].shape;
                of.types[id] = results[next].type;
                of.constants[id] = evaluate::packed(std::move(results[next++]));
                folded.insert(id);
            }
            of.note(one.sources, "computed: it depends on no input");
        }
        of.steps = std::move(kept);
        again = inline_branches(of);
    }
    if (keeps_all) return;
    // What was computed on the way and nobody reads any more.
    std::set<value_id> read(of.model.main.outputs.begin(), of.model.main.outputs.end());
    for (const step& one : of.steps) values_read(one.node, read);
    for (const value_id id : folded)
        if (!read.contains(id)) of.constants.erase(id);
}

array real_constant(const network& of, value_id id) {
    const array& content = of.constants.at(id);
    const auto& scales = of.model.values[id].quantized;
    if (graph::is_real(content.type)) {
        array made = content;
        made.type = element_type::float32;
        return made;
    }
    evaluate::reals numbers = evaluate::all_reals(content);
    if (!graph::is_whole(content.type) || !scales || scales->scales.empty())
        return {element_type::float32, content.shape, std::move(numbers)};
    std::size_t inner = 1;
    const auto axis = static_cast<std::size_t>(scales->axis);
    for (std::size_t k = axis + 1; k < content.shape.size(); ++k)
        inner *= static_cast<std::size_t>(content.shape[k]);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::size_t at = scales->scales.size() == 1 ? 0 : i / inner % scales->scales.size();
        const std::int64_t zero = scales->zero_points.empty()       ? 0
                                  : scales->zero_points.size() == 1 ? scales->zero_points[0]
                                                                    : scales->zero_points[at];
        numbers[i] = (numbers[i] - static_cast<double>(zero)) * scales->scales[at];
    }
    return {element_type::float32, content.shape, std::move(numbers)};
}

network prepared(const graph::model& file, const std::map<std::string, shape_type>& given,
                 std::vector<refusal>& refused, const evaluate::settings& limits, bool keeps_all) {
    network made;
    made.limits = limits;
    made.model = file;
    made.model.main.nodes.clear();
    for (const graph::node& one : file.main.nodes) {
        made.steps.push_back({one, {made.files_nodes.size()}});
        made.files_nodes.push_back(graph::place_text(file, one));
    }
    const auto reached = find_shapes(made, file, zero_inputs(made, given), refused);
    // What was refused for its version or its inputs must not be taken for its operator by a rewriting.
    for (step& one : made.steps)
        if (evaluate::is_no_use(one.node)) one.node.domain = "refused";
    for (value_id id = 0; id < file.values.size(); ++id)
        if (file.values[id].constant) made.constants[id] = evaluate::array_of(*file.values[id].constant);
    std::erase_if(made.model.main.inputs, [&](value_id id) { return made.constants.contains(id); });
    fold_constants(made, keeps_all);
    // Behind an operator that nobody knows evaluation may have ended: nobody has looked at these nodes' inputs.
    for (step& one : made.steps)
        if (const std::vector<value_id> results = results_of(one.node);
            reached && one.node.domain != "refused" && !results.empty() &&
            std::none_of(results.begin(), results.end(), [&](value_id id) { return reached->contains(id); }))
            one.node.domain = not_evaluated;
    return made;
}

}  // namespace archetype::rewrite
