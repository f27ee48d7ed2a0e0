// SPDX-License-Identifier: BSL-1.0
// archetype plot: the graph as a picture, by Graphviz, and the memory of the network that is made of it.
#include "commands.hpp"
#include "files.hpp"
#include "import.hpp"
#include "inspection.hpp"
#include "process.hpp"

#include <fmt/core.h>
#include <archetype/data/file_error.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

namespace archetype::commands {

namespace {

struct options {
    std::string file, output;
    std::vector<std::string> shapes;
    bool memory = false;
    std::string compiler;
    std::vector<std::string> flags;
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

/// Runs Graphviz. @throws file_error
void draw(const std::string& dot, const std::string& to, const std::string& format) {
    const int code = run_program({"dot", "-T" + format, "-o", to, dot});
    if (code != 0)
        throw file_error({to, "a picture by Graphviz' program dot",
                          code == 127 ? "no such program (Debian: graphviz)" : "that it failed"});
}

void write_text(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) throw file_error({path, "a file that can be written", "one that cannot"});
}

/// Where the library's headers are: beside an installed program, or where this one was built.
std::string include_folder() {
    std::error_code none;
    const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", none);
    const std::filesystem::path beside = own.parent_path().parent_path() / "include";
    if (!own.empty() && std::filesystem::exists(beside / "archetype" / "archetype.hpp", none))
        return beside.string();
    return ARCHETYPE_INCLUDE_FOLDER;
}

/// A folder of its own, gone at the end.
class temporary_folder {
public:
    temporary_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "archetype-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            throw file_error({name, "a folder that can be made", "one that cannot"});
        path_ = name;
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// The plan of memory is a constant of the imported type: a compiler computes it, with the options that it is meant for.
int plot_memory(const options& given) {
    const temporary_folder folder;
    const std::filesystem::path source = folder.path() / "memory.cpp", program = folder.path() / "memory";
    const auto [code, narrow] = import_silently(given.file, folder.path(), "imported", given.shapes);
    if (code != success) return code;
    const std::string number = narrow ? "std::int8_t" : "float";
    write_text(source.string(),
               "#include \"imported.hpp\"\n"
               "#include <archetype/plotting/memory_picture.hpp>\n"
               "int main(int, char** words) {\n"
               "    archetype::write_memory_picture(archetype::memory_map_of<imported::net, " +
                   number +
                   ">(), words[1], words[2]);\n"
                   "}\n");
    const char* const named = std::getenv("CXX");
    std::vector<std::string> words{!given.compiler.empty() ? given.compiler
                                   : named != nullptr      ? named
                                                           : "c++",
                                   "-std=c++20", "-O0"};
    words.insert(words.end(), given.flags.begin(), given.flags.end());
    words.insert(words.end(), {"-I" + include_folder(), "-I" + folder.path().string(), source.string(), "-o",
                               program.string()});
    if (const int compiled = run_program(words); compiled != 0)
        throw file_error({given.output, "the imported network compiled by " + words[0],
                          compiled == 127 ? "no such program (--compiler names another)" : "that it failed"});
    const std::string title = std::filesystem::path(given.file).filename().string() +
                              (narrow ? ": activations in 8 bits" : ": activations in single precision");
    if (run_program({program.string(), given.output, title}) != 0)
        throw file_error({given.output, "a file that can be written", "one that cannot"});
    return success;
}

int plot(const options& given) {
    const std::filesystem::path to = given.output;
    const std::string format = to.extension().string().substr(to.extension().empty() ? 0 : 1);
    if (format != "svg" && format != "png" && format != "pdf" && format != "dot")
        throw file_error({given.output, "a file .svg, .png, .pdf or .dot",
                          to.extension().empty() ? "none of them" : to.extension().string()});
    if (given.memory) {
        if (format != "svg") throw file_error({given.output, "a file .svg with --memory", "." + format});
        return plot_memory(given);
    }
    const std::string text = dot_of(inspected(read_model(given.file), given.shapes));
    const std::string dot = format == "dot" ? given.output : given.output + ".dot";
    write_text(dot, text);
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
    CLI::App* command = to.add_subcommand(
        "plot", "The graph as a picture, with shapes along its edges, or the memory that it takes");
    command->add_option("FILE", given->file, "The network (.onnx, .tflite)")->required();
    command
        ->add_option("--output,-o", given->output,
                     "The picture: .svg, .png, .pdf, or .dot for Graphviz' own language")
        ->required();
    command
        ->add_option("--input,-i", given->shapes,
                     "The shape of an input that the file leaves open, NAME=1x3x224x224")
        ->allow_extra_args(false);
    CLI::Option* const memory = command->add_flag(
        "--memory", given->memory,
        "Instead of the graph the memory of the imported network over its steps, as .svg: who lies where");
    command->add_option("--compiler", given->compiler, "Of C++, for --memory; otherwise $CXX or c++")
        ->needs(memory);
    command
        ->add_option("--flag", given->flags,
                     "For the compiler, such as --flag=-march=native: the plan follows the processor")
        ->allow_extra_args(false)
        ->needs(memory);
    return [command, given]() { return command->parsed() ? plot(*given) : -1; };
}

}  // namespace archetype::commands
