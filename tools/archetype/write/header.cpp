// SPDX-License-Identifier: BSL-1.0
#include "header.hpp"

#include "../lower/lowering.hpp"
#include "text.hpp"

#include <functional>

namespace archetype::write {

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

std::string integer_comment(const project& of) {
    const auto line = [](const char* what, const rewrite::byte_scale& by, bool is_unsigned) {
        return std::string("// ") + what + " in 8 bits: scale " + lower::literal(by.scale) + ", zero point " +
               std::to_string(by.zero) + (is_unsigned ? "; the file has uint8, 128 more" : "") + "\n";
    };
    const lower::end& input = of.net->inputs[of.structure->inputs[0]];
    return line("Input", (*of.integers)[input.layer].result.value(), of.unsigned_input) +
           line("Output", of.output_scale, of.unsigned_output);
}

std::string stream_text(const project& of) {
    if (of.block > 0)
        return "\n/// Steps that a call of the file takes: at::" +
               std::string(of.integers != nullptr
                               ? "stream<net, std::int8_t, block>, embedded_stream<net, weights, block>"
                               : "stream<net, float, block>") +
               " give its results\n/// call by call, and so does one step at a time or a multiple of the "
               "network's period.\ninline constexpr "
               "std::size_t block = " +
               std::to_string(of.block) + ";\n";
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

}  // namespace

std::int64_t count_of(const project& of, bool trainable) {
    std::int64_t count = 0;
    for (const lower::placed_layer& placed : of.structure->placed)
        for (const lower::tensor& one : of.net->layers[placed.layer].tensors)
            if (one.trainable == trainable) count += static_cast<std::int64_t>(one.numbers.size());
    return count;
}

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
std::string header_text(const project& of) {
    const type_lines lines = type_lines_of(*of.structure);
    std::string text = "// Imported from " + of.source + " (" + of.format +
                       (of.producer.empty() ? "" : ", " + of.producer) + ") by `archetype import`.\n";
    text += ends_comment("Input", of.net->inputs, of.structure->inputs);
    text += ends_comment("Output", of.net->outputs, of.structure->outputs);
    if (of.integers != nullptr) text += integer_comment(of);
    text += "#pragma once\n#include <archetype/architecture.hpp>\n";
    if (of.block > 0) text += "#include <cstddef>\n";
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

}  // namespace archetype::write
