// SPDX-License-Identifier: BSL-1.0
#include "network.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace archetype::rewrite {

namespace {

/// The newest operator set that the evaluator's rewritten nodes are written in.
constexpr std::int64_t newest = 24;

using graph::is_real;

}  // namespace

const double* network::scalar(value_id id) const {
    const array* content = constant(id);
    if (content == nullptr || content->size() != 1 || content->type == element_type::text) return nullptr;
    return &(scalars_[id] = evaluate::all_reals(*content)[0]);
}

const shape_type& network::shape(value_id id) const {
    static const shape_type none;
    if (const array* content = constant(id)) return content->shape;
    const auto found = shapes.find(id);
    return found == shapes.end() ? none : found->second;
}

bool network::has_scales() const {
    for (value_id id = 0; id < model.values.size(); ++id)
        if (model.values[id].quantized && is_real(model.values[id].type) && !constants.contains(id))
            return true;
    return false;
}

value_id network::add_value(const std::string& name, element_type type, shape_type extents) {
    graph::value made;
    made.name = name;
    made.type = type;
    model.values.push_back(std::move(made));
    const value_id id = model.values.size() - 1;
    shapes[id] = std::move(extents);
    types[id] = type;
    return id;
}

value_id network::add_constant(const std::string& name, array content) {
    const value_id id = add_value(name, content.type, content.shape);
    constants[id] = std::move(content);
    return id;
}

step* network::producer(value_id id) {
    if (id == no_value) return nullptr;
    for (step& one : steps)
        if (std::find(one.node.outputs.begin(), one.node.outputs.end(), id) != one.node.outputs.end())
            return &one;
    return nullptr;
}

std::vector<step*> network::readers(value_id id) {
    std::vector<step*> made;
    for (step& one : steps)
        if (std::find(one.node.inputs.begin(), one.node.inputs.end(), id) != one.node.inputs.end())
            made.push_back(&one);
    return made;
}

std::size_t network::reads(value_id id) {
    std::size_t count = 0;
    for (const step& one : steps)
        count += static_cast<std::size_t>(std::count(one.node.inputs.begin(), one.node.inputs.end(), id));
    return count;
}

bool network::is_output(value_id id) const {
    return std::find(model.main.outputs.begin(), model.main.outputs.end(), id) != model.main.outputs.end();
}

void network::replace(value_id old, value_id now) {
    for (step& one : steps) std::replace(one.node.inputs.begin(), one.node.inputs.end(), old, now);
    for (value_id& out : model.main.outputs)
        if (out == old) {
            const bool named =
                is_output(now) || constants.contains(now) ||
                std::find(model.main.inputs.begin(), model.main.inputs.end(), now) != model.main.inputs.end();
            if (!named) model.values[now].name = model.values[old].name;
            out = now;
        }
}

void network::sweep(const std::string& what) {
    for (bool again = true; again;) {
        again = false;
        std::set<value_id> read(model.main.outputs.begin(), model.main.outputs.end());
        for (const step& one : steps) read.insert(one.node.inputs.begin(), one.node.inputs.end());
        std::vector<step> kept;
        for (step& one : steps) {
            // A node without results has an effect: a resource that it sets.
            const bool wanted =
                one.node.outputs.empty() || std::any_of(one.node.outputs.begin(), one.node.outputs.end(),
                                                        [&](value_id id) { return read.contains(id); });
            if (wanted) {
                kept.push_back(std::move(one));
            } else {
                note(one.sources, what);
                again = true;
            }
        }
        steps = std::move(kept);
    }
}

void network::sort() {
    std::set<value_id> ready(model.main.inputs.begin(), model.main.inputs.end());
    std::set<value_id> made;
    for (const step& one : steps) made.insert(one.node.outputs.begin(), one.node.outputs.end());
    std::vector<step> sorted;
    std::vector<step> waiting = std::move(steps);
    while (!waiting.empty()) {
        std::vector<step> left;
        const std::size_t before = sorted.size();
        for (step& one : waiting) {
            const bool can = std::all_of(one.node.inputs.begin(), one.node.inputs.end(), [&](value_id id) {
                return id == no_value || ready.contains(id) || !made.contains(id);
            });
            if (!can) {
                left.push_back(std::move(one));
                continue;
            }
            ready.insert(one.node.outputs.begin(), one.node.outputs.end());
            sorted.push_back(std::move(one));
        }
        if (sorted.size() == before) throw std::logic_error("rewriting made a graph with a circle");
        waiting = std::move(left);
    }
    steps = std::move(sorted);
}

graph::model network::as_model() const {
    graph::model made = model;
    made.main.nodes.clear();
    for (graph::value& one : made.values) one.constant.reset();
    for (const auto& [id, content] : constants) {
        made.values[id].constant = evaluate::tensor_of(content);
        made.values[id].quantized.reset();
    }
    for (const value_id id : made.main.inputs)
        if (const auto found = shapes.find(id); found != shapes.end()) {
            made.values[id].shape.emplace();
            for (const std::int64_t extent : found->second) made.values[id].shape->push_back({extent, ""});
        }
    for (const step& one : steps) made.main.nodes.push_back(one.node);
    return made;
}

step make_step(std::string operation, std::vector<value_id> inputs, value_id output,
               attributes_map attributes, node_set sources, std::string name) {
    step made;
    made.node.name = std::move(name);
    made.node.operation = std::move(operation);
    made.node.version = newest;
    made.node.inputs = std::move(inputs);
    made.node.outputs = {output};
    made.node.attributes = std::move(attributes);
    made.sources = std::move(sources);
    return made;
}

std::int64_t integer_of(const graph::node& of, std::string_view name, std::int64_t otherwise) {
    const auto found = of.attributes.find(name);
    if (found == of.attributes.end()) return otherwise;
    const auto* content = std::get_if<std::int64_t>(&found->second);
    return content == nullptr ? otherwise : *content;
}

double number_of(const graph::node& of, std::string_view name, double otherwise) {
    const auto found = of.attributes.find(name);
    if (found == of.attributes.end()) return otherwise;
    if (const auto* whole = std::get_if<std::int64_t>(&found->second)) return static_cast<double>(*whole);
    const auto* content = std::get_if<double>(&found->second);
    return content == nullptr ? otherwise : *content;
}

std::string text_of(const graph::node& of, std::string_view name, std::string_view otherwise) {
    const auto found = of.attributes.find(name);
    if (found == of.attributes.end()) return std::string(otherwise);
    const auto* content = std::get_if<std::string>(&found->second);
    return content == nullptr ? std::string(otherwise) : *content;
}

std::vector<std::int64_t> integers_of(const graph::node& of, std::string_view name) {
    const auto found = of.attributes.find(name);
    if (found == of.attributes.end()) return {};
    const auto* content = std::get_if<std::vector<std::int64_t>>(&found->second);
    return content == nullptr ? std::vector<std::int64_t>{} : *content;
}

std::string shapes_text(const network& of, const graph::node& at) {
    const auto list = [&](const std::vector<value_id>& ids) {
        std::string text;
        for (const value_id id : ids) {
            if (id == no_value) continue;
            text += (text.empty() ? "" : ", ");
            const bool known = of.constant(id) != nullptr || of.shapes.contains(id);
            text += known ? graph::shape_text(of.shape(id)) : "?";
        }
        return text.empty() ? std::string("nothing") : text;
    };
    return list(at.inputs) + " -> " + list(at.outputs);
}

}  // namespace archetype::rewrite
