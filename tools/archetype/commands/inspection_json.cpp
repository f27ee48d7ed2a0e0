// SPDX-License-Identifier: BSL-1.0
#include "inspection.hpp"
#include "json.hpp"
#include "tensors.hpp"

namespace archetype::commands {

std::string operator_text(const graph::node& of) {
    return of.domain.empty() ? of.operation : of.domain + ":" + of.operation;
}

std::string json_text(const inspection& of) {
    const graph::model& model = of.model;
    json_writer json;
    const auto values = [&](std::string_view name, const std::vector<graph::value_id>& list) {
        json.key(name);
        json.open_list();
        for (const graph::value_id id : list) {
            if (id == graph::no_value) continue;
            json.open_object();
            json.member("name", std::string_view(model.values[id].name));
            json.member("shape", std::string_view(of.shapes.at(id)));
            if (model.values[id].constant) json.member("constant", std::string_view("true"));
            json.close_object();
        }
        json.close_list();
    };
    json.open_object();
    json.member("file", std::string_view(model.path));
    json.member("format", std::string_view(model.format));
    json.member("producer", std::string_view(model.producer));
    values("inputs", model.main.inputs);
    values("outputs", model.main.outputs);
    json.key("nodes");
    json.open_list();
    for (const inspected_node& one : of.nodes) {
        json.open_object();
        json.member("name", std::string_view(one.node->name));
        json.member("operator", std::string_view(operator_text(*one.node)));
        values("inputs", one.node->inputs);
        values("outputs", one.node->outputs);
        json.member("parameters", one.parameters);
        json.member("products", one.products);
        json.close_object();
    }
    json.close_list();
    json.member("parameters", of.parameters);
    json.member("products", of.products);
    json.key("states");
    json.open_list();
    for (const possible_state& one : of.states) {
        json.open_object();
        json.member("input", std::string_view(model.values[one.input].name));
        json.member("output", std::string_view(model.values[one.output].name));
        json.close_object();
    }
    json.close_list();
    json.member("notes", of.notes);
    json.key("unsupported");
    json.open_list();
    for (const evaluate::refusal& one : of.refusals) {
        json.open_object();
        json.member("node", std::string_view(one.node));
        json.member("operator", std::string_view(one.operation));
        json.member("reason", std::string_view(one.reason));
        json.close_object();
    }
    json.close_list();
    json.close_object();
    return json.text();
}

std::string json_text(const tensor_list& of, const std::string& file) {
    json_writer json;
    json.open_object();
    json.member("file", std::string_view(file));
    json.member("format", std::string_view(of.format));
    json.key("tensors");
    json.open_list();
    for (const listed_tensor& one : of.tensors) {
        json.open_object();
        json.member("name", std::string_view(one.name));
        json.member("type", std::string_view(one.type));
        json.member("shape", one.shape);
        json.close_object();
    }
    json.close_list();
    json.member("parameters", of.parameters);
    json.member("bytes", of.bytes);
    json.member("others", of.others);
    json.close_object();
    return json.text();
}

}  // namespace archetype::commands
