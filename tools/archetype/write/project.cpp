// SPDX-License-Identifier: BSL-1.0
#include "project.hpp"

#include "text.hpp"
#include "weights.hpp"

#include <archetype/interchange/constant_header.hpp>
#include <archetype/interchange/safetensors.hpp>

#include <algorithm>
#include <deque>
#include <functional>
#include <set>

namespace archetype::write {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

namespace {

using graph::shape_text;

std::string braces(const graph::shape_type& shape) {
    std::string text;
    for (const std::int64_t extent : shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
    return "{" + text + "}";
}

std::string ends_comment(const std::string& title, const std::vector<lower::end>& ends,
                         const std::vector<std::size_t>& order) {
    std::string text;
    for (const std::size_t k : order) {
        const lower::end& one = ends[k];
        std::string name = one.name;
        for (char& c : name)
            if (static_cast<unsigned char>(c) < 0x20) c = ' ';
        text += "// " + title + " \"" + name + "\": " + shape_text(one.files_shape) + " in the file, " +
                braces(one.shape) + " here" + (one.is_permuted ? ", in another order (channels last)" : "") +
                "\n";
    }
    return text;
}

std::int64_t count_of(const project& of, bool trainable) {
    std::int64_t count = 0;
    for (const lower::placed_layer& placed : of.structure->placed)
        for (const lower::tensor& one : of.net->layers[placed.layer].tensors)
            if (one.trainable == trainable) count += static_cast<std::int64_t>(one.numbers.size());
    return count;
}

/// What the network calls an input, and an output ("" is its end).
std::string input_name(const project& of, std::size_t input) {
    const std::function<std::string(const std::vector<lower::part>&)> look =
        [&](const std::vector<lower::part>& parts) {
            for (const lower::part& one : parts) {
                if (one.kind == lower::part::kinds::input && one.layer == of.net->inputs[input].layer)
                    return one.name;
                if (std::string found = look(one.parts); !found.empty()) return found;
            }
            return std::string();
        };
    const std::string found = look(of.structure->parts);
    return found.empty() ? "input" : found;
}
std::string output_name(const project& of, std::size_t output) {
    return of.structure->outputs[0] == output ? "" : of.net->outputs[output].name;
}
bool is_state(const project& of, std::size_t input) {
    return std::any_of(of.states.begin(), of.states.end(),
                       [&](const lower::feedback& one) { return one.input == input; });
}
std::string element_count(const lower::end& of) {
    std::int64_t size = 1;
    for (const std::int64_t extent : of.shape) size *= extent;
    return std::to_string(size);
}

std::string stream_text(const project& of) {
    if (of.states.empty()) return "";
    std::string text =
        "\n/// Steps of `net`: outputs that are inputs of the next one. `Object` is at::inference<net>, "
        "at::embedded<net, weights>.\n"
        "template <class Object>\nusing stream = at::with_feedback<Object";
    for (const lower::feedback& one : of.states) {
        text += ", at::feedback<" + quoted(input_name(of, one.input));
        if (const std::string name = output_name(of, one.output); !name.empty()) text += ", " + quoted(name);
        text += ">";
    }
    return text + ">;\n";
}

std::string header_text(const project& of, const type_lines& lines) {
    std::string text = "// Imported from " + of.source + " (" + of.format +
                       (of.producer.empty() ? "" : ", " + of.producer) + ") by `archetype import`.\n";
    text += ends_comment("Input", of.net->inputs, of.structure->inputs);
    text += ends_comment("Output", of.net->outputs, of.structure->outputs);
    if (of.integers != nullptr) text += integer_comment(of);
    text += "#pragma once\n#include <archetype/architecture.hpp>\n";
    if (!of.states.empty()) text += "#include <archetype/execution/inference/with_feedback.hpp>\n";
    text += "\nnamespace " + of.name + " {\n\nnamespace at = archetype;\n\n";
    text += lines.before + lines.network + "\n";
    text += "static_assert(at::output_shape<net> == " +
            shape_literal(of.net->outputs[of.structure->outputs[0]].shape) + ");\n";
    text += "static_assert(at::parameter_count<net> == " + std::to_string(count_of(of, true)) + ");\n";
    if (const auto fixed = count_of(of, false); fixed != 0)
        text += "static_assert(at::non_trainable_count<net> == " + std::to_string(fixed) + ");\n";
    return text + stream_text(of) + "\n}  // namespace " + of.name + "\n";
}

/// Elements of a tensor of the file where the library has them.
template <class T>
std::vector<T> placed(const evaluate::array& from, const lower::end& at) {
    const evaluate::reals numbers = evaluate::all_reals(from);
    std::vector<T> made(at.places.size());
    for (std::size_t k = 0; k < made.size(); ++k) made[at.places[k]] = static_cast<T>(numbers.at(k));
    return made;
}

void write_vectors(const project& of, const std::filesystem::path& path) {
    std::deque<std::vector<float>> singles;
    std::deque<std::vector<double>> doubles;
    std::vector<tensor_entry> entries;
    for (std::size_t run = 0; run < of.runs.size(); ++run) {
        const std::string begin = std::to_string(run) + "/";
        const vectors& one = of.runs[run];
        for (std::size_t k = 0; k < of.structure->inputs.size(); ++k) {
            singles.push_back(placed<float>(one.inputs.at(of.structure->inputs[k]),
                                            of.net->inputs[of.structure->inputs[k]]));
            entries.push_back(make_tensor_entry<float>(begin + "input/" + std::to_string(k),
                                                       {singles.back().size()}, singles.back()));
        }
        const auto outputs = [&](const std::string& what, const auto& arrays) {
            if (arrays.empty()) return;
            for (std::size_t k = 0; k < of.structure->outputs.size(); ++k) {
                const std::optional<evaluate::array>& content = arrays.at(of.structure->outputs[k]);
                if (!content) continue;
                doubles.push_back(placed<double>(*content, of.net->outputs[of.structure->outputs[k]]));
                entries.push_back(make_tensor_entry<double>(begin + what + "/" + std::to_string(k),
                                                            {doubles.back().size()}, doubles.back()));
            }
        };
        outputs("expected",
                std::vector<std::optional<evaluate::array>>(one.expected.begin(), one.expected.end()));
        outputs("recorded", one.recorded);
    }
    for (const lower::feedback& one : of.states) {  // states before the first step that are not zeros
        singles.push_back(placed<float>(of.runs.at(0).inputs.at(one.input), of.net->inputs[one.input]));
        if (std::all_of(singles.back().begin(), singles.back().end(),
                        [](float number) { return number == 0; }))
            continue;
        entries.push_back(make_tensor_entry<float>("start/" + input_name(of, one.input),
                                                   {singles.back().size()}, singles.back()));
    }
    write_safetensors(path, entries, {{"format", "archetype"}});
}

constexpr const char* check_begin =
    R"(// Generated by `archetype import`: runs $name::net and compares its results with those of $source.
// "expected": each operator of the file by its definition, in double. "recorded": vectors of another runtime, if there were any.
#include "$name.hpp"
$includes
#include <archetype/interchange/safetensors.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>

namespace at = archetype;

constexpr double expected_within = 1e-5, recorded_within = $within;  // of the largest value

static int compare(const at::safetensors_file& vectors, const std::string& name, const float* found, std::size_t size, double within) {
    const at::tensor_entry* entry = vectors.find(name);
    if (entry == nullptr) return 0;
    const auto expected = at::values_of<double>(*entry);
    double largest = 1e-30, difference = 0;
    bool same = expected && expected->size() == size;
    for (std::size_t i = 0; same && i < size; ++i) {
        largest = std::max(largest, std::abs((*expected)[i]));
        const double here = std::abs((*expected)[i] - static_cast<double>(found[i]));
        if (!(here <= difference)) difference = here;  // NaN, too
    }
    same = same && difference <= within * largest;
    std::printf("%s %s: largest difference %.3g of the largest value\n", same ? "equals" : "DIFFERS from", name.c_str(), difference / largest);
    return same ? 0 : 1;
}

int main(int count, char** words) {
    const std::filesystem::path folder = count > 1 ? words[1] : std::filesystem::path(__FILE__).parent_path();
    const at::safetensors_file vectors = at::read_safetensors(folder / "$name_vectors.safetensors");
)";

std::string check_text(const project& of) {
    const bool model = of.form == weights_form::safetensors;
    const bool steps = !of.states.empty();
    std::string text = check_begin;
    if (steps) {
        if (model)
            text += R"(    static at::model<$name::net> model;
    at::load(model, folder / "$name.safetensors");
    static const at::folded_weights weights{model};
)";
        text += "    static $name::stream<at::inference<$name::net>> stream{" +
                std::string(model ? "weights.weights()" : "$name::weights") + "};\n";
        for (const lower::feedback& one : of.states) {
            const std::string name = quoted(input_name(of, one.input));
            text += "    if (const at::tensor_entry* start = vectors.find(" +
                    quoted("start/" + input_name(of, one.input)) +
                    "))\n        std::ranges::copy(at::values_of<float>(*start).value(), stream.state<" +
                    name + ">().begin());\n";
        }
    } else if (model) {
        text += R"(    static at::model<$name::net> model;
    at::load(model, folder / "$name.safetensors");
)";
    } else {
        text += "    static at::inference<$name::net> model{$name::weights};\n";
    }
    text += "    int faults = 0;\n    for (std::size_t run = 0; run < " + std::to_string(of.runs.size()) +
            "; ++run) {\n        const std::string begin = std::to_string(run) + \"/\";\n";
    const std::size_t inputs = of.structure->inputs.size();
    const std::size_t outputs = of.structure->outputs.size();
    for (std::size_t k = 0; k < inputs; ++k)
        if (!is_state(of, of.structure->inputs[k]))
            text += "        const auto input_" + std::to_string(k) +
                    " = at::values_of<float>(*vectors.find(begin + \"input/" + std::to_string(k) +
                    "\")).value();\n";
    std::string sizes;
    const auto size_of = [&](std::size_t k) {
        return element_count(of.net->outputs[of.structure->outputs[k]]);
    };
    if (model && !steps) {
        std::string from;
        std::string to;
        for (std::size_t k = 0; k < inputs; ++k)
            from += (k == 0 ? "" : ", ") + ("input_" + std::to_string(k) + ".data()");
        for (std::size_t k = 0; k < outputs; ++k) {
            const std::string number = std::to_string(k);
            text += "        std::vector<float> output_" + number + "(" + size_of(k) + ");\n";
            to += (k == 0 ? "" : ", ") + ("output_" + number + ".data()");
        }
        if (inputs == 1 && outputs == 1)
            text += "        model.run(" + from + ", 1, " + to + ");\n";
        else
            text += "        model.run({" + from + "}, 1, {" + to + "});\n";
    } else {
        std::string from;
        for (std::size_t k = 0; k < inputs; ++k) {
            if (is_state(of, of.structure->inputs[k])) continue;
            const std::string size = element_count(of.net->inputs[of.structure->inputs[k]]);
            from += (from.empty() ? "" : ", ") + ("std::span<const float, " + size + ">(input_" +
                                                  std::to_string(k) + ".data(), " + size + ")");
        }
        const std::string object = steps ? "stream" : "model";
        text += "        (void)" + object + "(" + from + ");\n";
        for (std::size_t k = 0; k < outputs; ++k)
            text += "        const auto output_" + std::to_string(k) + " = " + object + ".output<" +
                    std::to_string(k) + ">();\n";
    }
    for (std::size_t k = 0; k < outputs; ++k) {
        const std::string number = std::to_string(k);
        for (const char* what : {"expected", "recorded"})
            text += "        faults += compare(vectors, begin + \"" + std::string(what) + "/" + number +
                    "\", output_" + number + ".data(), output_" + number + ".size(), " + what + "_within);\n";
    }
    text += "    }\n    return faults == 0 ? 0 : 1;\n}\n";
    std::string includes =
        "#include <archetype/execution/host/model.hpp>\n#include <archetype/interchange/model_file.hpp>";
    if (model && steps)
        includes =
            "#include <archetype/execution/host/folded_weights.hpp>\n#include "
            "<archetype/execution/inference/inference.hpp>\n"
            "#include <archetype/interchange/model_file.hpp>";
    if (!model) includes = "#include \"$name_weights.hpp\"\n#include <archetype/inference.hpp>";
    text = replaced(text, "$includes", includes);
    text = replaced(text, "$within", of.has_narrow_weights ? "0.02" : "1e-4");
    if (of.has_narrow_weights)
        text = replaced(text, "// \"expected\"",
                        "// The file's weights have 8 bits: other runtimes round activations, too, and their "
                        "results differ by about 0.01.\n// \"expected\"");
    text = replaced(text, "$source", of.source);
    return replaced(text, "$name", of.name);
}

std::string cmake_text(const project& of) {
    const bool model = of.form == weights_form::safetensors;
    const bool object = of.form == weights_form::object && of.integers == nullptr;
    std::string text =
        R"(# Generated by `archetype import`: add_subdirectory(this folder) gives the target $name, with $name_check as a test.
cmake_minimum_required(VERSION 3.22)
if(NOT PROJECT_NAME)
    project($name LANGUAGES CXX$language)
    enable_testing()
endif()
if(NOT TARGET archetype::archetype)
    find_package(archetype REQUIRED)
endif()
add_library($name INTERFACE)
target_include_directories($name INTERFACE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries($name INTERFACE archetype::archetype)
$object
if(TARGET archetype::host)
    add_executable($name_check $name_check.cpp)
    target_link_libraries($name_check PRIVATE $name archetype::host)
    add_test(NAME $name_check COMMAND $name_check ${CMAKE_CURRENT_SOURCE_DIR})
endif()
)";
    (void)model;
    text = replaced(text, "$language", object ? " ASM" : "");
    text = replaced(text, "$object\n",
                    object ? R"(enable_language(ASM)
target_sources($name INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/$name_weights.S)
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/$name_weights.S PROPERTIES COMPILE_OPTIONS "-Wa,-I${CMAKE_CURRENT_SOURCE_DIR}")
)"
                           : "");
    return replaced(text, "$name", of.name);
}

}  // namespace

bool is_name(const std::string& text) {
    static const std::set<std::string, std::less<>> taken{"at", "archetype", "std", "main", "compare"};
    return detail::is_identifier(text) && !taken.contains(text);
}

written write_project(const project& of, const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    written made;
    made.parameters = count_of(of, true);
    made.not_trained = count_of(of, false);
    const auto write = [&](const std::string& name, const std::string& text) {
        write_text(folder / name, text);
        made.files.push_back(name);
    };
    write(of.name + ".hpp", header_text(of, type_lines_of(*of.structure)));
    if (of.integers != nullptr) {
        write_integers(of, folder / (of.name + ".safetensors"));
        write_integer_vectors(of, folder / (of.name + "_vectors.safetensors"));
        made.files.push_back(of.name + ".safetensors");
        made.files.push_back(of.name + "_vectors.safetensors");
        write(of.name + "_check.cpp", integer_check_text(of));
        write("CMakeLists.txt", cmake_text(of));
        return made;
    }
    switch (of.form) {
        case weights_form::safetensors:
            write_tensors(folder / (of.name + ".safetensors"), *of.net, *of.structure);
            made.files.push_back(of.name + ".safetensors");
            break;
        case weights_form::header:
            write_weights_header(folder, of.name, inference_numbers(*of.net, *of.structure));
            made.files.push_back(of.name + "_weights.hpp");
            break;
        case weights_form::object:
            write_weights_object(folder, of.name, inference_numbers(*of.net, *of.structure));
            for (const char* ending : {".hpp", ".S", ".bin"})
                made.files.push_back(of.name + "_weights" + ending);
            break;
    }
    write_vectors(of, folder / (of.name + "_vectors.safetensors"));
    made.files.push_back(of.name + "_vectors.safetensors");
    write(of.name + "_check.cpp", check_text(of));
    write("CMakeLists.txt", cmake_text(of));
    return made;
}

}  // namespace archetype::write
