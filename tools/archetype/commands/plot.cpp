// SPDX-License-Identifier: BSL-1.0
// archetype plot: the graph as a picture, by Graphviz.
#include "commands.hpp"
#include "inspection.hpp"

#include <fmt/core.h>
#include <archetype/data/file_error.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <memory>

namespace archetype::commands {

namespace {

struct options {
    std::string file, output;
    std::vector<std::string> shapes;
};

std::string in_quotes(const std::string& text) {
    std::string made;
    for (const char c : text) {
        if (c == '"' || c == '\\') made += '\\';
        if (c == '\n')
            made += "\\n";
        else
            made += static_cast<unsigned char>(c) < 32 ? ' ' : c;
    }
    return '"' + made + '"';
}

std::string dot_of(const inspection& of) {
    const graph::model& model = of.model;
    std::string text =
        "digraph network {\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, "
        "fontname=\"Helvetica\", fontsize=11];\n"
        "  edge [fontname=\"Helvetica\", fontsize=9];\n";
    std::map<graph::value_id, std::string> makers;
    for (const graph::value_id id : model.main.inputs) {
        if (model.values[id].constant) continue;
        makers[id] = fmt::format("in{}", id);
        text += fmt::format("  in{} [shape=ellipse, fillcolor=\"#dde8f5\", label={}];\n", id,
                            in_quotes(model.values[id].name));
    }
    std::map<std::string, bool> refused;
    for (const auto& one : of.refusals) refused[one.node] = true;
    for (std::size_t k = 0; k < of.nodes.size(); ++k) {
        const graph::node& node = *of.nodes[k].node;
        for (const graph::value_id id : node.outputs)
            if (id != graph::no_value) makers[id] = fmt::format("n{}", k);
        std::string label = node.operation;
        if (!node.name.empty()) label += "\n" + node.name;
        if (of.nodes[k].parameters > 0) label += fmt::format("\n{} parameters", of.nodes[k].parameters);
        const bool is_refused = refused.contains(graph::place_text(model, node));
        text += fmt::format("  n{} [label={}{}];\n", k, in_quotes(label),
                            is_refused ? ", fillcolor=\"#f5c6c6\"" : "");
        for (const graph::value_id id : node.inputs)
            if (const auto maker = makers.find(id); maker != makers.end())
                text +=
                    fmt::format("  {} -> n{} [label={}];\n", maker->second, k, in_quotes(of.shapes.at(id)));
    }
    for (const graph::value_id id : model.main.outputs) {
        text += fmt::format("  out{} [shape=ellipse, fillcolor=\"#dde8f5\", label={}];\n", id,
                            in_quotes(model.values[id].name));
        if (const auto maker = makers.find(id); maker != makers.end())
            text +=
                fmt::format("  {} -> out{} [label={}];\n", maker->second, id, in_quotes(of.shapes.at(id)));
    }
    return text + "}\n";
}

/// Runs Graphviz without a shell. @throws file_error
void draw(const std::string& dot, const std::string& to, const std::string& format) {
    const std::string kind = "-T" + format;
    const pid_t child = fork();
    if (child == 0) {
        execlp("dot", "dot", kind.c_str(), "-o", to.c_str(), dot.c_str(), static_cast<char*>(nullptr));
        _exit(127);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw file_error({to, "a picture by Graphviz' program dot",
                          WIFEXITED(status) && WEXITSTATUS(status) == 127
                              ? "no such program (Debian: graphviz)"
                              : "that it failed"});
}

int plot(const options& given) {
    const std::filesystem::path to = given.output;
    const std::string format = to.extension().string().substr(to.extension().empty() ? 0 : 1);
    if (format != "svg" && format != "png" && format != "pdf" && format != "dot")
        throw file_error({given.output, "a file .svg, .png, .pdf or .dot",
                          to.extension().empty() ? "none of them" : to.extension().string()});
    const std::string text = dot_of(inspected(given.file, given.shapes));
    const std::string dot = format == "dot" ? given.output : given.output + ".dot";
    {
        std::ofstream file(dot);
        file << text;
        file.close();
        if (!file) throw file_error({dot, "a file that can be written", "one that cannot"});
    }
    if (format == "dot") return success;
    try {
        draw(dot, given.output, format);
    } catch (...) {
        std::filesystem::remove(dot);
        throw;
    }
    std::filesystem::remove(dot);
    return success;
}

}  // namespace

action add_plot(CLI::App& to) {
    auto given = std::make_shared<options>();
    CLI::App* command = to.add_subcommand("plot", "The graph as a picture, with shapes along its edges");
    command->add_option("FILE", given->file, "The network (.onnx, .tflite)")->required();
    command
        ->add_option("--output,-o", given->output,
                     "The picture: .svg, .png, .pdf, or .dot for Graphviz' own language")
        ->required();
    command
        ->add_option("--input,-i", given->shapes,
                     "The shape of an input that the file leaves open, NAME=1x3x224x224")
        ->allow_extra_args(false);
    return [command, given]() { return command->parsed() ? plot(*given) : -1; };
}

}  // namespace archetype::commands
