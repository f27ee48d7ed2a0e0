// SPDX-License-Identifier: BSL-1.0
// archetype import: a file becomes a type with its weights and a program that proves both.
#include "../lower/lower.hpp"
#include "../lower/structure.hpp"
#include "../rewrite/integers.hpp"
#include "../rewrite/rewrite.hpp"
#include "../write/project.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "inspection.hpp"
#include "json.hpp"
#include "states.hpp"
#include "vectors.hpp"

#include <fmt/core.h>
#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <memory>
#include <random>

namespace archetype::commands {

namespace {

struct options {
    std::string file, output, name, weights = "safetensors", vectors;
    std::vector<std::string> shapes, constants, states;
    bool json = false, brief = false;
};

std::string identifier(const std::string& from) {
    std::string made;
    for (const char c : from) made += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    while (made.find("__") != made.npos) made.erase(made.find("__"), 1);
    while (!made.empty() && made.back() == '_') made.pop_back();
    while (!made.empty() && made.front() == '_') made.erase(0, 1);
    if (made.empty() || std::isdigit(static_cast<unsigned char>(made.front())) != 0) made = "network_" + made;
    if (!write::is_name(made)) made += "_network";
    return made;
}

std::string checked_name(const options& given) {
    const std::string name =
        given.name.empty() ? identifier(std::filesystem::path(given.file).stem().string()) : given.name;
    if (name != identifier(name))
        throw file_error(
            {"--name", "a C++ identifier such as \"" + identifier(name) + "\"", "\"" + name + "\""});
    return name;
}

std::map<std::string, evaluate::shape_type> given_shapes(const std::vector<std::string>& options) {
    std::map<std::string, evaluate::shape_type> made;
    for (const std::string& one : options) {
        const std::size_t place = one.rfind('=');
        if (place == std::string::npos) throw file_error({"--input", "NAME=1x3x224x224", one});
        made[one.substr(0, place)] = parsed_shape(one.substr(place + 1), "--input");
    }
    return made;
}

/// What became of each node of the file: a layer, or something that was done with it.
struct account {
    std::string node, what;
};
std::vector<account> accounts_of(const rewrite::network& graph, const lower::lowered& made) {
    std::vector<std::string> texts(graph.files_nodes.size());
    const auto add = [&](const rewrite::node_set& nodes, const std::string& what) {
        for (const std::size_t node : nodes)
            if (texts[node].find(what) == std::string::npos)
                texts[node] += (texts[node].empty() ? "" : "; ") + what;
    };
    for (const rewrite::treatment& one : graph.done) add(one.nodes, one.what);
    for (const rewrite::treatment& one : made.done) add(one.nodes, one.what);
    for (const lower::layer& one : made.net.layers)
        add(one.sources, one.type + (one.name.empty() ? "" : " \"" + one.name + "\""));
    std::vector<account> list;
    for (std::size_t node = 0; node < texts.size(); ++node) {
        if (texts[node].empty())  // nothing is dropped in silence
            throw file_error({graph.model.path + ", node " + graph.files_nodes[node],
                              "a layer, or something that was done with it", "neither: please report this"});
        list.push_back({graph.files_nodes[node], texts[node]});
    }
    return list;
}

/// The rewritten graph computes what the file does.
void check_rewriting(const rewrite::network& graph, const std::vector<write::vectors>& runs,
                     const std::string& file) {
    const graph::model model = graph.as_model();
    evaluate::settings settings;
    settings.float64 = true;
    for (const write::vectors& run : runs) {
        evaluate::evaluator evaluator(model, settings);
        std::map<std::string, evaluate::datum> inputs;
        for (std::size_t k = 0; k < run.inputs.size(); ++k)
            inputs[model.values[model.main.inputs[k]].name] = run.inputs[k];
        const auto results = evaluator.run(inputs);
        for (std::size_t k = 0; k < results.size(); ++k)
            if (const comparison found = compared(results[k], run.expected[k]); !(found.relative <= 1e-5))
                throw file_error(
                    {file, "results of the rewritten network that are the file's",
                     fmt::format("a difference of {} at output \"{}\" {}: please report this", found.relative,
                                 model.values[model.main.outputs[k]].name, found.fault)});
    }
}

void print_refusals(const options& given, const std::vector<rewrite::refusal>& refused,
                    const std::vector<std::string>& notes) {
    if (given.json) {
        json_writer json;
        json.open_object();
        json.member("file", std::string_view(given.file));
        json.member("notes", notes);
        json.key("unsupported");
        json.open_list();
        for (const rewrite::refusal& one : refused) {
            json.open_object();
            json.member("node", std::string_view(one.node));
            json.member("operator", std::string_view(one.operation));
            json.member("shapes", std::string_view(one.shapes));
            json.member("supported", std::string_view(one.reason));
            json.close_object();
        }
        json.close_list();
        json.close_object();
        fmt::print("{}\n", json.text());
        return;
    }
    for (const std::string& one : notes) fmt::print("note: {}\n", one);
    for (const rewrite::refusal& one : refused)
        fmt::print("not supported: {} ({}){}: {}\n", one.node, one.operation,
                   one.shapes.empty() ? "" : " " + one.shapes, one.reason);
    fmt::print("{} of the file's nodes {} not supported; nothing was written\n", refused.size(),
               refused.size() == 1 ? "is" : "are");
}

void print_report(const options& given, const std::string& name, const lower::structure& parts,
                  const lower::network& net, const write::written& files,
                  const std::vector<account>& accounts, const std::vector<std::string>& notes,
                  const std::vector<lower::feedback>& states, std::size_t recorded) {
    const auto bytes = [&](const lower::feedback& one) {
        return *graph::element_count(net.inputs[one.input].shape) * 4;
    };
    if (given.json) {
        json_writer json;
        json.open_object();
        json.member("file", std::string_view(given.file));
        json.member("name", std::string_view(name));
        json.member("parameters", files.parameters);
        json.member("not_trained", files.not_trained);
        json.member("notes", notes);
        json.member("files", files.files);
        json.key("states");
        json.open_list();
        for (const lower::feedback& one : states) {
            json.open_object();
            json.member("input", std::string_view(net.inputs[one.input].name));
            json.member("output", std::string_view(net.outputs[one.output].name));
            json.member("bytes", bytes(one));
            json.close_object();
        }
        json.close_list();
        json.key("layers");
        json.open_list();
        for (const lower::layer& one : net.layers) {
            json.open_object();
            json.member("type", std::string_view(one.type));
            json.member("name", std::string_view(one.name));
            json.member("shape", one.shape);
            json.close_object();
        }
        json.close_list();
        json.key("paths");
        json.open_list();
        for (const lower::placed_layer& one : parts.placed) json.value(std::string_view(one.path));
        json.close_list();
        json.key("nodes");
        json.open_list();
        for (const account& one : accounts) {
            json.open_object();
            json.member("node", std::string_view(one.node));
            json.member("became", std::string_view(one.what));
            json.close_object();
        }
        json.close_list();
        json.close_object();
        fmt::print("{}\n", json.text());
        return;
    }
    for (const std::string& one : notes) fmt::print("note: {}\n", one);
    if (!given.brief)
        for (const account& one : accounts) fmt::print("{}: {}\n", one.node, one.what);
    fmt::print("{}: {} layers, {} trainable parameters{}\n", name, net.layers.size() - net.inputs.size(),
               files.parameters, files.not_trained == 0 ? "" : fmt::format(", {} others", files.not_trained));
    for (const lower::feedback& one : states)
        fmt::print("state: \"{}\" is \"{}\" of the step before, {} bytes\n", net.inputs[one.input].name,
                   net.outputs[one.output].name, bytes(one));
    fmt::print("wrote");
    for (const std::string& one : files.files) fmt::print(" {}", one);
    fmt::print("\nthe check program compares with the file's definition{}\n",
               recorded == 0 ? "" : fmt::format(" and {} recorded results", recorded));
}

/// Runs of real numbers as runs of the integers at the ends of a network in 8 bits; what they stand for goes to `real`.
std::vector<write::vectors> as_integers(const std::vector<write::vectors>& runs, const graph::model& file,
                                        const graph::model& numbers, std::vector<write::vectors>& real) {
    const rewrite::integer_ends ends = rewrite::integer_ends_of(file);
    const rewrite::byte_scale in = *rewrite::byte_scale_of(file, ends.input);
    const rewrite::byte_scale out = *rewrite::byte_scale_of(file, ends.output);
    const bool is_real = graph::is_real(file.values[file.main.outputs[0]].type);
    const bool is_unsigned = file.values[file.main.outputs[0]].type == graph::element_type::uint8;
    std::vector<write::vectors> made;
    evaluate::settings settings;
    settings.float64 = true;
    for (const write::vectors& run : runs) {
        const rewrite::integer_run integers = rewrite::run_integers(file, ends, run.inputs.at(0));
        write::vectors one{{integers.input}, {integers.output}, {}};
        for (const std::optional<evaluate::array>& recorded : run.recorded) {
            if (!recorded) {
                one.recorded.emplace_back();
                continue;
            }
            evaluate::wholes bytes;
            for (const double x : evaluate::all_reals(*recorded)) {
                const double q = is_real ? std::round(x / out.scale) + static_cast<double>(out.zero)
                                         : x - (is_unsigned ? 128 : 0);
                bytes.push_back(static_cast<std::int64_t>(std::clamp(q, -128.0, 127.0)));
            }
            one.recorded.emplace_back(
                evaluate::array(graph::element_type::int8, recorded->shape, std::move(bytes)));
        }
        evaluate::reals sample;
        for (const std::int64_t q : integers.input.as_wholes())
            sample.push_back(static_cast<double>(q - in.zero) * in.scale);
        write::vectors shadow{
            {evaluate::array(graph::element_type::float32, run.inputs[0].shape, std::move(sample))}, {}, {}};
        evaluate::evaluator evaluator(numbers, settings);
        const std::string& name = numbers.values[numbers.main.inputs[0]].name;
        for (const evaluate::datum& result : evaluator.run({{name, shadow.inputs[0]}}))
            shadow.expected.push_back(result.tensor);
        real.push_back(std::move(shadow));
        made.push_back(std::move(one));
    }
    return made;
}

/// Extents that the file fixes, such as the number of samples that it was made for, give way to those of the call.
void replace_shapes(graph::model& model, const std::map<std::string, evaluate::shape_type>& shapes,
                    std::vector<std::string>& notes) {
    for (const graph::value_id id : model.main.inputs) {
        graph::value& input = model.values[id];
        const auto given = shapes.find(input.name);
        if (given == shapes.end() || !input.shape || input.shape->size() != given->second.size()) continue;
        bool replaces = false;
        for (std::size_t axis = 0; axis < given->second.size(); ++axis) {
            std::int64_t& extent = (*input.shape)[axis].extent;
            replaces = replaces || (extent > 0 && extent != given->second[axis]);
            extent = given->second[axis];
        }
        if (replaces)
            notes.push_back("input \"" + input.name + "\" is " + graph::shape_text(given->second) +
                            " instead of the file's shape");
    }
}

int import(const options& given) {
    const std::string name = checked_name(given);
    graph::model model = read_model(given.file);
    std::vector<rewrite::refusal> refused;
    std::vector<std::string> notes;
    std::vector<std::string> of_shapes = given.shapes;
    const std::set<graph::value_id> fixed = fix_inputs(model, of_shapes, given.constants, notes);
    std::map<std::string, evaluate::shape_type> shapes = given_shapes(of_shapes);
    replace_shapes(model, shapes, notes);
    add_shapes_of_vectors(given.file, given.vectors, model, fixed, shapes, notes);
    const bool narrow = rewrite::computes_in_8_bits(model);
    const graph::model numbers = narrow ? rewrite::with_real_numbers(model, refused) : model;
    rewrite::network graph = rewrite::rewritten(numbers, shapes, refused);
    if (std::any_of(model.values.begin(), model.values.end(),
                    [](const graph::value& one) { return one.variable; }))
        notes.emplace_back("the file keeps states from run to run; here each run begins with zeros");
    graph.notes.insert(graph.notes.begin(), notes.begin(), notes.end());
    const std::vector<lower::feedback> states = states_for(graph, given.states, graph.notes);
    lower::lowered made = lower::as_layers(graph, states);
    for (rewrite::refusal& one : made.refused) {
        const bool known = std::any_of(refused.begin(), refused.end(), [&](const rewrite::refusal& other) {
            return other.node.starts_with(one.node) && other.operation == one.operation;
        });
        if (!known) refused.push_back(std::move(one));
    }
    if (!refused.empty()) {
        print_refusals(given, refused, graph.notes);
        return differs;
    }
    std::vector<lower::layer_integers> integers;
    if (narrow) {
        integers = lower::integers_of(made.net, model);
        // Behind a QUANTIZE of real numbers, which is no layer.
        integers[made.net.inputs.at(0).layer].result =
            rewrite::byte_scale_of(model, rewrite::integer_ends_of(model).input);
    }
    const lower::structure parts = lower::structured(made.net);
    write::project project;
    project.name = name;
    project.source = std::filesystem::path(given.file).filename().string();
    project.format = model.format;
    project.producer = model.producer;
    project.form = given.weights == "header"   ? write::weights_form::header
                   : given.weights == "object" ? write::weights_form::object
                                               : write::weights_form::safetensors;
    for (const auto& [id, content] : graph.constants)
        project.has_narrow_weights =
            project.has_narrow_weights ||
            (content.type == graph::element_type::int8 && graph.model.values[id].quantized);
    project.net = &made.net;
    project.structure = &parts;
    project.states = states;
    if (narrow) {
        rewrite::network ends = graph;
        for (const graph::value_id id : ends.model.main.inputs) ends.types[id] = model.values[id].type;
        std::vector<write::vectors> real;
        project.runs =
            as_integers(vectors_for(given.file, given.vectors, model, ends, states, fixed, graph.notes),
                        model, numbers, real);
        check_rewriting(graph, real, given.file);
        const rewrite::integer_ends places = rewrite::integer_ends_of(model);
        project.integers = &integers;
        project.output_scale = *rewrite::byte_scale_of(model, places.output);
        // A step of one of the numbers that a softmax reads changes a result by a quarter of its scale, of both the double.
        const lower::layer& last = made.net.layers[made.net.outputs[0].layer];
        if (last.type == "softmax" && integers[last.inputs[0]].result)
            project.recorded_steps =
                std::max(1, static_cast<int>(std::ceil(integers[last.inputs[0]].result->scale / 2 /
                                                       project.output_scale.scale)));
        const auto is_unsigned = [&](graph::value_id id) {
            return model.values[id].type == graph::element_type::uint8;
        };
        project.unsigned_input = is_unsigned(places.input);
        project.unsigned_output = is_unsigned(places.output);
    } else {
        project.runs = vectors_for(given.file, given.vectors, model, graph, states, fixed, graph.notes);
        check_rewriting(graph, project.runs, given.file);
    }
    std::size_t recorded = 0;
    for (const write::vectors& one : project.runs) recorded += one.recorded.empty() ? 0 : 1;
    const std::vector<account> accounts = accounts_of(graph, made);
    const write::written files = write::write_project(project, given.output);
    print_report(given, name, parts, made.net, files, accounts, graph.notes, states, recorded);
    return success;
}

}  // namespace

action add_import(CLI::App& to) {
    auto given = std::make_shared<options>();
    CLI::App* command =
        to.add_subcommand("import", "A C++ type with its weights, and a program that checks both");
    command->add_option("FILE", given->file, "The network (.onnx, .tflite)")->required();
    command->add_option("--output,-o", given->output, "The folder for the files")->required();
    command->add_option("--name", given->name,
                        "Of the namespace and the files; otherwise from the file's name");
    command
        ->add_option(
            "--input,-i", given->shapes,
            "The shape of an input, NAME=1x3x224x224, where the file leaves it open or is for more samples")
        ->allow_extra_args(false);
    command
        ->add_option("--state,-s", given->states,
                     "INPUT=OUTPUT: the output is the input of the next step, and the header gets a stream; "
                     "\"none\" for no states")
        ->allow_extra_args(false);
    command
        ->add_option(
            "--constant", given->constants,
            "NAME=NUMBER: an input that has this value always; for inputs without axes --input does, too")
        ->allow_extra_args(false);
    command
        ->add_option("--weights", given->weights,
                     "safetensors for training and hosts, header or object for inference")
        ->check(CLI::IsMember({"safetensors", "header", "object"}))
        ->capture_default_str();
    command->add_option(
        "--vectors", given->vectors,
        "Inputs and results of another runtime: a folder, or the beginning of names of .npy files");
    command->add_flag("--brief", given->brief, "Without what became of each node");
    command->add_flag("--json", given->json, "Write JSON");
    return [command, given]() { return command->parsed() ? import(*given) : -1; };
}

}  // namespace archetype::commands
