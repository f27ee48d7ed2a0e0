// SPDX-License-Identifier: BSL-1.0
#include "inspection.hpp"

#include <fmt/core.h>
#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <charconv>
#include <set>

namespace archetype::commands {

namespace {

using evaluate::array;
using graph::element_type;
using graph::value_id;

array zeros(element_type type, const evaluate::shape_type& shape, const std::string& place) {
    const auto count = graph::element_count(shape);
    if (!count || *count > (std::int64_t{1} << 30))
        throw file_error({place, "an input of at most 2^30 elements", graph::shape_text(shape)});
    const auto size = static_cast<std::size_t>(*count);
    if (type == element_type::text) return {type, shape, evaluate::texts(size)};
    if (graph::is_whole(type)) return {type, shape, evaluate::wholes(size, 0)};
    return {type == element_type::none ? element_type::float32 : type, shape, evaluate::reals(size, 0.0)};
}

/// Weights: real numbers and integers that stand for them, not shapes and indices. Integers of 32 bits are biases where a scale
/// belongs to them, or an operator that has no other use for them reads them.
bool is_parameter(element_type type, const graph::value& of, const graph::node& reader) {
    if (type == element_type::int32)
        return of.quantized || reader.operation == "QLinearConv" || reader.operation == "DequantizeLinear";
    return type != element_type::int64 && type != element_type::boolean && type != element_type::text &&
           type != element_type::none;
}

std::string declared_text(const graph::value& of) {
    std::string text(of.type == element_type::none ? "?" : graph::name_of(of.type));
    if (!of.shape) return text + " ?";
    std::string shape;
    for (const graph::dimension& one : *of.shape)
        shape += (shape.empty() ? "" : "x") + (one.extent >= 0      ? std::to_string(one.extent)
                                               : one.symbol.empty() ? "?"
                                                                    : one.symbol);
    return text + " " + (shape.empty() ? "scalar" : shape);
}

/// An output that could be fed back to an input: the same type and shape, and the name or its being alone say which.
std::vector<possible_state> states_of(const graph::model& model,
                                      const std::map<value_id, std::string>& shapes) {
    std::vector<possible_state> made;
    std::set<value_id> used;
    const auto shape = [&](value_id id) {
        return shapes.contains(id) ? shapes.at(id) : declared_text(model.values[id]);
    };
    std::vector<value_id> inputs;
    for (const value_id id : model.main.inputs)
        if (!model.values[id].constant) inputs.push_back(id);
    if (inputs.size() < 2) return made;
    for (const bool by_name : {true, false})
        for (const value_id in : inputs) {
            if (used.contains(in) || shape(in).ends_with(" scalar")) continue;
            std::vector<value_id> fits;
            std::size_t rivals = 0;
            for (const value_id other : inputs)
                rivals += !used.contains(other) && shape(other) == shape(in) ? 1 : 0;
            for (const value_id out : model.main.outputs) {
                const bool named = model.values[out].name.starts_with(model.values[in].name);
                if (!used.contains(out) && shape(out) == shape(in) && (named || !by_name))
                    fits.push_back(out);
            }
            if (fits.size() != 1 || (!by_name && rivals != 1)) continue;
            made.push_back({in, fits[0]});
            used.insert(in);
            used.insert(fits[0]);
        }
    return made;
}

}  // namespace

evaluate::shape_type parsed_shape(const std::string& text, const std::string& option) {
    evaluate::shape_type made;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        std::int64_t extent = 0;
        const auto [next, error] = std::from_chars(at, end, extent);
        if (error != std::errc{} || extent < 0 || (next != end && *next != 'x') || next + 1 == end)
            throw file_error({option, "NAME=1x3x224x224", text});
        made.push_back(extent);
        at = next == end ? end : next + 1;
    }
    return made;
}

inspection inspected(graph::model file, const std::vector<std::string>& options) {
    inspection made;
    made.model = std::move(file);
    const graph::model& model = made.model;
    std::map<std::string, evaluate::shape_type> given;
    for (const std::string& one : options) {
        const std::size_t place = one.rfind('=');
        if (place == std::string::npos) throw file_error({"--input", "NAME=1x3x224x224", one});
        given[one.substr(0, place)] = parsed_shape(one.substr(place + 1), "--input");
    }
    std::map<std::string, evaluate::datum> inputs;
    for (const value_id id : model.main.inputs) {
        const graph::value& value = model.values[id];
        if (value.constant) continue;
        if (value.kind != graph::value_kind::tensor) {
            made.notes.push_back("input \"" + value.name +
                                 "\" is no tensor: shapes are those that the file says");
            continue;
        }
        evaluate::shape_type shape;
        if (const auto found = given.find(value.name); found != given.end()) {
            shape = found->second;
            given.erase(found);
        } else if (value.shape) {
            bool open = false;
            for (const graph::dimension& one : *value.shape) {
                open = open || one.extent <= 0;
                shape.push_back(std::max<std::int64_t>(one.extent, 1));
            }
            if (open)
                made.notes.push_back(
                    fmt::format("input \"{}\" is {}, taken as {} (--input {}=... for another)", value.name,
                                declared_text(value), graph::shape_text(shape), value.name));
        }
        inputs[value.name] = zeros(value.type, shape, model.path + ", input \"" + value.name + "\"");
    }
    if (!given.empty())
        throw file_error({model.path, "shapes of inputs", "\"" + given.begin()->first + "\""});
    made.refusals = evaluate::refusals_of(model);
    std::map<const graph::node*, inspected_node> reached;
    std::map<value_id, std::pair<element_type, std::int64_t>> sizes;
    for (value_id id = 0; id < model.values.size(); ++id)
        if (const auto& constant = model.values[id].constant)
            sizes[id] = {constant->type, *graph::element_count(constant->shape)};
    const auto watch = [&](const graph::node& node, const evaluate::call& call,
                           const std::vector<evaluate::datum>& results) {
        inspected_node& one = reached[&node];
        one.reached = true;
        one.products += call.products();
        for (std::size_t k = 0; k < node.outputs.size() && k < results.size(); ++k) {
            if (node.outputs[k] == graph::no_value) continue;
            if (results[k].kind == evaluate::datum::kinds::tensor)
                sizes[node.outputs[k]] = {results[k].tensor.type,
                                          static_cast<std::int64_t>(results[k].tensor.size())};
            made.shapes[node.outputs[k]] = results[k].kind == evaluate::datum::kinds::tensor
                                               ? fmt::format("{} {}", graph::name_of(results[k].tensor.type),
                                                             graph::shape_text(results[k].tensor.shape))
                                           : results[k].kind == evaluate::datum::kinds::sequence ? "sequence"
                                                                                                 : "optional";
        }
        made.products += call.products();
    };
    for (const auto& [name, content] : inputs)
        for (const value_id id : model.main.inputs)
            if (model.values[id].name == name)
                made.shapes[id] = fmt::format("{} {}", graph::name_of(content.tensor.type),
                                              graph::shape_text(content.tensor.shape));
    evaluate::settings settings;
    settings.shapes_only = true;
    try {
        evaluate::evaluator evaluator(model, settings, watch);
        (void)evaluator.run(inputs);
    } catch (const file_error& found) {
        if (made.refusals.empty())
            made.notes.push_back(std::string("shapes after this are not known: ") + found.what());
    }
    // What depends on no input is a parameter of the first node that combines it with one that does.
    std::set<value_id> fixed;
    for (value_id id = 0; id < model.values.size(); ++id)
        if (model.values[id].constant) fixed.insert(id);
    std::set<value_id> counted;
    for (const graph::node& node : model.main.nodes) {
        inspected_node one = reached[&node];
        one.node = &node;
        std::set<value_id> values;
        graph::values_of(node, values);
        values.erase(graph::no_value);
        const bool is_fixed = std::includes(fixed.begin(), fixed.end(), values.begin(), values.end());
        if (is_fixed) {
            for (const value_id id : node.outputs)
                if (id != graph::no_value) fixed.insert(id);
        } else {
            for (const value_id id : values)
                if (fixed.contains(id) && sizes.contains(id) &&
                    is_parameter(sizes[id].first, model.values[id], node) && counted.insert(id).second)
                    one.parameters += sizes[id].second;
        }
        made.parameters += one.parameters;
        made.nodes.push_back(one);
    }
    for (value_id id = 0; id < model.values.size(); ++id)
        if (!made.shapes.contains(id)) made.shapes[id] = declared_text(model.values[id]);
    made.states = states_of(model, made.shapes);
    return made;
}

}  // namespace archetype::commands
