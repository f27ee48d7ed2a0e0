// SPDX-License-Identifier: BSL-1.0
/// @file model.cpp
/// A file of a network or of tensors, by the readers of the program `archetype`: what `inspect --json` writes, the header that
/// `import` writes, and the memory that inference takes.
#include <archetype/interchange/safetensors.hpp>

#include "../../../tools/archetype/commands/inspection.hpp"
#include "../../../tools/archetype/commands/json.hpp"
#include "../../../tools/archetype/commands/lowered_file.hpp"
#include "../../../tools/archetype/commands/tensors.hpp"
#include "../../../tools/archetype/graph/mapped_file.hpp"
#include "../../../tools/archetype/graph/onnx.hpp"
#include "../../../tools/archetype/graph/tflite.hpp"
#include "../../../tools/archetype/plan/memory.hpp"
#include "../../../tools/archetype/write/header.hpp"
#include "page_text.hpp"

#include <memory>

namespace archetype::graph {

/// A page has one file.
file_bytes map_file(const std::filesystem::path& path, std::uint64_t, std::size_t) {
    throw file_error(
        {path.string(), "a network with all its tensors in one file", "some in a file of their own"});
}
file_bytes map_file(const std::filesystem::path& path) { return map_file(path, 0, 0); }

}  // namespace archetype::graph

namespace {

using namespace archetype;
using commands::json_writer;

std::shared_ptr<std::vector<std::byte>> given = std::make_shared<std::vector<std::byte>>();
std::string words, answer;

bool ends_with(const std::string& name, std::string_view ending) {
    if (name.size() < ending.size()) return false;
    for (std::size_t k = 0; k < ending.size(); ++k)
        if (std::tolower(static_cast<unsigned char>(name[name.size() - ending.size() + k])) != ending[k])
            return false;
    return true;
}

/// What is after the point, for messages.
[[noreturn]] void fail(const std::string& name, std::string expected, std::string found) {
    throw file_error({name, std::move(expected), std::move(found)});
}

bool begins_as_safetensors(const std::vector<std::byte>& bytes) {
    return bytes.size() > 8 && bytes[4] == std::byte{} && bytes[5] == std::byte{} &&
           bytes[6] == std::byte{} && bytes[7] == std::byte{} && bytes[8] == std::byte{'{'};
}

graph::model read_model(const std::string& name) {
    if (given->empty()) fail(name, "a file with content", "an empty one");
    if (graph::is_tflite(*given)) return graph::parse_tflite(*given, given, name);
    if (ends_with(name, ".tflite"))
        fail(name, "a file that begins as TFLite files do (TFL3)", "another kind of file");
    if (!ends_with(name, ".onnx"))
        fail(name, "a file .onnx, .tflite or .safetensors", "another kind of file");
    return graph::parse_onnx(*given, given, name, {});
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> made;
    std::string line;
    for (const char c : text + "\n")
        if (c == '\n') {
            if (!line.empty()) made.push_back(line);
            line.clear();
        } else if (c != ' ' && c != '\r') {
            line += c;
        }
    return made;
}

void add_refusals(json_writer& to, const commands::lowered_file& of) {
    to.key("refused");
    to.open_list();
    for (const rewrite::refusal& one : of.refused) {
        to.open_object();
        to.member("node", std::string_view(one.node));
        to.member("operator", std::string_view(one.operation));
        to.member("shapes", std::string_view(one.shapes));
        to.member("supported", std::string_view(one.reason));
        to.close_object();
    }
    to.close_list();
}

/// `element`: bytes of an activation, 1 where the file computes in 8 bits.
void add_memory(json_writer& to, const plan::memory_plan& of, std::uint64_t element) {
    const auto whole = [](auto number) { return static_cast<std::int64_t>(number); };
    to.key("memory");
    to.open_object();
    if (!of.missing.empty()) {
        to.member("missing", std::string_view(of.missing));
        to.close_object();
        return;
    }
    to.member("element", whole(element));
    to.member("bytes", whole(element * of.elements));
    to.member("least", whole(element * of.least));
    to.member("steps", of.steps);
    to.key("blocks");
    to.open_list();
    for (const plan::memory_block& one : of.blocks) {
        to.open_object();
        to.member("name", std::string_view(one.name));
        to.member("offset", whole(element * one.offset));
        to.member("size", whole(element * one.size));
        to.member("first", whole(one.first));
        to.member("last", whole(one.last));
        to.member("scratch", whole(one.is_scratch ? 1 : 0));
        to.close_object();
    }
    to.close_list();
    to.close_object();
}

/// The C++ type and what it takes; or what has no layer.
std::string import_text(graph::model model, const commands::file_options& options) {
    json_writer json;
    json.open_object();
    const commands::lowered_file file = commands::lowered(std::move(model), options);
    json.member("notes", file.graph.notes);
    add_refusals(json, file);
    if (file.refused.empty()) {
        const lower::structure parts = lower::structured(file.made.net);
        write::project project;
        project.name = "imported";
        project.source = file.model.path;
        project.format = file.model.format;
        project.producer = file.model.producer;
        project.net = &file.made.net;
        project.structure = &parts;
        project.states = file.states;
        if (file.narrow) commands::add_integers(project, file);
        json.member("header", std::string_view(write::header_text(project)));
        add_memory(json, plan::planned(file.made.net, parts), file.narrow ? 1 : 4);
        json.member("trainable", write::count_of(project, true));
        json.member("fixed", write::count_of(project, false));
    }
    json.close_object();
    return json.text();
}

std::string looked_at(const std::string& name, const std::string& shapes) {
    if (ends_with(name, ".safetensors") || begins_as_safetensors(*given)) {
        const safetensors_file file = try_parse_safetensors(std::move(*given), name).value();
        return "{\"tensors\":" +
               commands::json_text(commands::listed("safetensors", file.tensors(), {}), name) + "}";
    }
    const graph::model model = read_model(name);
    const commands::file_options options{lines_of(shapes), {}, {}};
    std::string made = "{\"network\":" + commands::json_text(commands::inspected(model, options.shapes));
    try {
        made += ",\"import\":" + import_text(model, options);
    } catch (const file_error& found) {
        json_writer json;
        json.value(std::string_view(found.what()));
        made += ",\"fault\":" + json.text();
    }
    return made + "}";
}

}  // namespace

/// Room for the file's bytes.
PAGE_EXPORT(file_room) void* file_room(std::size_t size) {
    given->resize(size);
    return given->data();
}
/// Room for its name, a line break, and shapes of inputs as options --input of `inspect`, one a line.
PAGE_EXPORT(words_room) void* words_room(std::size_t size) {
    words.resize(size);
    return words.data();
}
/// All of it as JSON; {"error": ...} for a file that cannot be used. An instance looks at one file.
PAGE_EXPORT(look) const char* look() {
    const std::size_t end = words.find('\n');
    const auto error = [](std::string_view text) {
        json_writer json;
        json.open_object();
        json.member("error", text);
        json.close_object();
        answer = json.text();
    };
    try {
        answer = looked_at(words.substr(0, end), words.substr(end + 1));
    } catch (const std::exception& found) {
        error(found.what());
    }
    return answer.c_str();
}
