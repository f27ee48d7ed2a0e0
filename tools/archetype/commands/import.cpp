// SPDX-License-Identifier: BSL-1.0
// archetype import: a file becomes a type with its weights and a program that proves both.
#include "import.hpp"
#include "../lower/lower.hpp"
#include "../lower/structure.hpp"
#include "../plan/memory.hpp"
#include "../rewrite/integers.hpp"
#include "../rewrite/rewrite.hpp"
#include "../write/project.hpp"
#include "commands.hpp"
#include "files.hpp"
#include "inspection.hpp"
#include "json.hpp"
#include "lowered_file.hpp"
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
    bool json = false, brief = false, silent = false;
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
                  const lowered_file& file, const write::written& files, const std::vector<account>& accounts,
                  std::size_t recorded) {
    const lower::network& net = file.made.net;
    const std::vector<std::string>& notes = file.graph.notes;
    const std::vector<lower::feedback>& states = file.states;
    const auto bytes = [&](const lower::feedback& one) {
        return *graph::element_count(net.inputs[one.input].shape) * 4;
    };
    if (given.json) {
        const plan::memory_plan arena = plan::planned(net, parts);
        json_writer json;
        json.open_object();
        json.member("file", std::string_view(given.file));
        json.member("name", std::string_view(name));
        json.member("parameters", files.parameters);
        json.member("not_trained", files.not_trained);
        if (arena.missing.empty())
            json.member("arena_bytes", static_cast<std::int64_t>((file.narrow ? 1 : 4) * arena.elements));
        json.member("notes", notes);
        json.member("files", files.files);
        if (file.calls) {
            json.key("calls");
            json.open_object();
            json.member("steps", file.calls->block);
            json.member("rows", file.calls->rows);
            json.member("kept", file.calls->states);
            json.close_object();
        }
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
    if (file.calls)
        fmt::print("a stream: {} step{} and {} row{} of results a call of the file, which keeps {} numbers\n",
                   file.calls->block, file.calls->block == 1 ? "" : "s", file.calls->rows,
                   file.calls->rows == 1 ? "" : "s", file.calls->states);
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

/// How far the arithmetic of integers is from the file's own definition, in steps of the results.
std::string difference_text(const graph::model& definition, const graph::model& integers,
                            const std::vector<write::vectors>& runs,
                            const std::vector<write::vectors>& made) {
    const rewrite::byte_scale out =
        *rewrite::byte_scale_of(integers, rewrite::integer_ends_of(integers).output);
    const graph::element_type type = definition.values[definition.main.outputs.at(0)].type;
    std::size_t count = 0;
    std::size_t all = 0;
    double largest = 0;
    for (std::size_t run = 0; run < runs.size(); ++run) {
        evaluate::evaluator evaluator(definition);
        std::map<std::string, evaluate::datum> inputs;
        std::size_t next = 0;
        for (const graph::value_id id : definition.main.inputs)
            if (!definition.values[id].constant)
                inputs[definition.values[id].name] = runs[run].inputs.at(next++);
        const auto results = evaluator.run(inputs);
        const std::vector<double> wanted = evaluate::all_reals(results.at(0).tensor);
        const auto& found = made[run].expected.at(0).as_wholes();
        for (std::size_t k = 0; k < found.size() && k < wanted.size(); ++k, ++all) {
            const double steps = graph::is_real(type)
                                     ? std::round(wanted[k] / out.scale) + static_cast<double>(out.zero)
                                     : wanted[k] - (type == graph::element_type::uint8 ? 128 : 0);
            const double difference = std::abs(steps - static_cast<double>(found[k]));
            largest = std::max(largest, difference);
            count += difference != 0 ? 1 : 0;
        }
    }
    return fmt::format(
        "integers are rounded as TFLite's reference kernels do; of {} results {} differ from ONNX' "
        "definition, by at "
        "most {} steps",
        all, count, largest);
}

/// Integers of a sequence are those of the file, call by call: the last of the recorded results.
void check_calls(write::vectors& run, const std::string& file) {
    const std::optional<evaluate::array> wanted = std::move(run.recorded.back());
    run.recorded.pop_back();
    if (wanted->as_wholes() != run.expected.at(0).as_wholes())
        throw file_error({file, "integers of the whole sequence that are those of the file's calls",
                          "others: please report this"});
}

/// Recorded results of the first calls alone are compared if they are the first numbers here, too.
void drop_unplaced(std::vector<write::vectors>& runs, const lower::network& net,
                   std::vector<std::string>& notes) {
    bool dropped = false;
    for (write::vectors& one : runs) {
        for (std::size_t k = 0; k < one.recorded.size(); ++k) {
            if (!one.recorded[k] || write::are_first(one.recorded[k]->size(), net.outputs.at(k))) continue;
            one.recorded[k].reset();
            dropped = true;
        }
        if (std::none_of(one.recorded.begin(), one.recorded.end(),
                         [](const auto& result) { return result.has_value(); }))
            one.recorded.clear();
    }
    if (dropped)
        notes.emplace_back(
            "recorded results are not compared: those of fewer calls do not lie together here");
}

imported import(const options& given) {
    const std::string name = checked_name(given);
    lowered_file file =
        lowered(read_model(given.file), {given.shapes, given.constants, given.states},
                [&](const lowered_file& of, std::map<std::string, evaluate::shape_type>& shapes,
                    std::vector<std::string>& notes) {
                    add_shapes_of_vectors(given.file, given.vectors, of.model, of.fixed, shapes, notes);
                });
    const bool narrow = file.narrow;
    const graph::model &model = file.model, &numbers = file.numbers;
    rewrite::network& graph = file.graph;
    const std::vector<lower::feedback>& states = file.states;
    const std::set<graph::value_id>& fixed = file.fixed;
    lower::lowered& made = file.made;
    std::vector<rewrite::refusal>& refused = file.refused;
    if (!refused.empty()) {
        print_refusals(given, refused, graph.notes);
        return {differs, narrow};
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
    if (file.calls) project.block = file.calls->block;
    if (narrow) {
        rewrite::network ends = graph;
        for (const graph::value_id id : ends.model.main.inputs) ends.types[id] = model.values[id].type;
        std::vector<write::vectors> real;
        const std::vector<write::vectors> runs =
            file.calls ? vectors_of_calls(given.file, given.vectors, *file.calls, model, graph.notes)
                       : vectors_for(given.file, given.vectors, model, ends, states, fixed, graph.notes);
        project.runs = as_integers(runs, model, numbers, real);
        if (file.calls) check_calls(project.runs[0], given.file);
        if (file.definition)
            graph.notes.push_back(difference_text(*file.definition, model, runs, project.runs));
        check_rewriting(graph, real, given.file);
        add_integers(project, file);
        // A step of one of the numbers that a softmax reads changes a result by a quarter of its scale, of both the double.
        const lower::layer& last = made.net.layers[made.net.outputs[0].layer];
        if (last.type == "softmax" && file.integers[last.inputs[0]].result)
            project.recorded_steps =
                std::max(1, static_cast<int>(std::ceil(file.integers[last.inputs[0]].result->scale / 2 /
                                                       project.output_scale.scale)));
    } else {
        project.runs = file.calls
                           ? vectors_of_calls(given.file, given.vectors, *file.calls, model, graph.notes)
                           : vectors_for(given.file, given.vectors, model, graph, states, fixed, graph.notes);
        if (file.calls) project.runs[0].recorded.pop_back();  // what is expected already
        check_rewriting(graph, project.runs, given.file);
    }
    drop_unplaced(project.runs, made.net, graph.notes);
    std::size_t recorded = 0;
    for (const write::vectors& one : project.runs) recorded += one.recorded.empty() ? 0 : 1;
    const std::vector<account> accounts = accounts_of(graph, made);
    const write::written files = write::write_project(project, given.output);
    if (!given.silent) print_report(given, name, parts, file, files, accounts, recorded);
    return {success, narrow};
}

}  // namespace

imported import_silently(const std::string& file, const std::filesystem::path& folder,
                         const std::string& name, const std::vector<std::string>& shapes) {
    options given;
    given.file = file;
    given.output = folder.string();
    given.name = name;
    given.shapes = shapes;
    given.silent = true;
    return import(given);
}

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
    return [command, given]() { return command->parsed() ? import(*given).code : -1; };
}

}  // namespace archetype::commands
