// SPDX-License-Identifier: BSL-1.0
// archetype inspect: the nodes of a network with shapes and counts, and what is not supported.
#include "commands.hpp"
#include "files.hpp"
#include "inspection.hpp"
#include "tensors.hpp"

#include <fmt/core.h>
#include <archetype/data/file_error.hpp>

#include <memory>

namespace archetype::commands {

namespace {

struct options {
    std::string file;
    std::vector<std::string> shapes;
    bool json = false, brief = false;
};

std::string with_commas(std::int64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t place = text.size(); place > 3;) text.insert(place -= 3, ",");
    return text;
}

std::string shapes_of(const inspection& of, const std::vector<graph::value_id>& values) {
    std::string text;
    for (const graph::value_id id : values)
        if (id != graph::no_value && !of.model.values[id].constant)
            text += (text.empty() ? "" : ", ") + of.shapes.at(id);
    return text;
}

void print_text(const inspection& of, bool brief) {
    const graph::model& model = of.model;
    fmt::print("{}: {}", model.path, model.format);
    for (const auto& [domain, version] : model.versions)
        fmt::print(", {}operator set {}", domain.empty() ? "" : domain + " ", version);
    fmt::print("{}\n", model.producer.empty() ? "" : ", by " + model.producer);
    for (const graph::value_id id : model.main.inputs)
        if (!model.values[id].constant) fmt::print("input  {} {}\n", model.values[id].name, of.shapes.at(id));
    for (const graph::value_id id : model.main.outputs)
        fmt::print("output {} {}\n", model.values[id].name, of.shapes.at(id));
    if (!brief) {
        fmt::print("\n{:>5} {:<20} {:<34} {:<34} {:>12} {:>14}\n", "", "operator", "from", "to", "parameters",
                   "products");
        for (std::size_t k = 0; k < of.nodes.size(); ++k) {
            const inspected_node& one = of.nodes[k];
            fmt::print("{:>5} {:<20} {:<34} {:<34} {:>12} {:>14}  {}\n", k, operator_text(*one.node),
                       shapes_of(of, one.node->inputs), shapes_of(of, one.node->outputs),
                       with_commas(one.parameters), with_commas(one.products), one.node->name);
        }
    }
    fmt::print("\n{} nodes, {} parameters, {} multiply-accumulates\n", of.nodes.size(),
               with_commas(of.parameters), with_commas(of.products));
    for (const possible_state& one : of.states)
        fmt::print("possible state: {}={} ({})\n", model.values[one.input].name,
                   model.values[one.output].name, of.shapes.at(one.input));
    for (const std::string& one : of.notes) fmt::print("note: {}\n", one);
    for (const evaluate::refusal& one : of.refusals)
        fmt::print("not supported: {}: {}\n", one.node, one.reason);
}

void print_text(const tensor_list& of, const options& given) {
    fmt::print("{}: {}\n", given.file, of.format);
    if (!given.brief) {
        fmt::print("\n{:<6} {:<20} {:>12}\n", "type", "shape", "elements");
        for (const listed_tensor& one : of.tensors)
            fmt::print("{:<6} {:<20} {:>12}  {}\n", one.type, graph::shape_text(one.shape),
                       with_commas(one.elements), one.name);
    }
    fmt::print("\n{} tensors, {} parameters, {} bytes\n", of.tensors.size(), with_commas(of.parameters),
               with_commas(of.bytes));
    for (const std::string& one : of.others) fmt::print("beside them: {}\n", one);
}
int inspect(const options& given) {
    if (const auto tensors = listed_tensors(given.file)) {
        if (!given.shapes.empty())
            throw file_error({given.file, "a network with inputs for --input", "tensors without a graph"});
        if (given.json)
            fmt::print("{}\n", json_text(*tensors, given.file));
        else
            print_text(*tensors, given);
        return success;
    }
    const inspection found = inspected(read_model(given.file), given.shapes);
    if (given.json)
        fmt::print("{}\n", json_text(found));
    else
        print_text(found, given.brief);
    return found.refusals.empty() ? success : differs;
}

}  // namespace

action add_inspect(CLI::App& to) {
    auto given = std::make_shared<options>();
    CLI::App* command = to.add_subcommand("inspect",
                                          "What is in a file: nodes, shapes, parameters, "
                                          "multiply-accumulates, states, all that is not supported");
    command
        ->add_option(
            "FILE", given->file,
            "The network (.onnx, .tflite, .h5, .keras, model.json), or tensors (.pt, .pth, .safetensors)")
        ->required();
    command
        ->add_option("--input,-i", given->shapes,
                     "The shape of an input that the file leaves open, NAME=1x3x224x224")
        ->allow_extra_args(false);
    command->add_flag("--brief", given->brief, "Without the nodes");
    command->add_flag("--json", given->json, "Write JSON");
    return [command, given]() { return command->parsed() ? inspect(*given) : -1; };
}

}  // namespace archetype::commands
