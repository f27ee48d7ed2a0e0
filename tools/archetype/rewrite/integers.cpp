// SPDX-License-Identifier: BSL-1.0
#include "integers.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>

namespace archetype::rewrite {

namespace {

bool is_byte(element_type type) { return type == element_type::int8 || type == element_type::uint8; }
bool is_activation(const graph::value& one) { return is_byte(one.type) && one.quantized && !one.constant; }

const std::set<std::string, std::less<>>& contractions() {
    static const std::set<std::string, std::less<>> all{"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"};
    return all;
}
/// Operators whose results, computed with the scales of the file, the library's are.
const std::set<std::string, std::less<>>& operators() {
    static const std::set<std::string, std::less<>> all{"ADD",
                                                        "AVERAGE_POOL_2D",
                                                        "CONCATENATION",
                                                        "CONV_2D",
                                                        "DEPTHWISE_CONV_2D",
                                                        "DEQUANTIZE",
                                                        "EXPAND_DIMS",
                                                        "LEAKY_RELU",
                                                        "FULLY_CONNECTED",
                                                        "LOGISTIC",
                                                        "MAX_POOL_2D",
                                                        "MUL",
                                                        "PAD",
                                                        "QUANTIZE",
                                                        "RELU",
                                                        "RELU6",
                                                        "RELU_N1_TO_1",
                                                        "RESHAPE",
                                                        "SOFTMAX",
                                                        "SQUEEZE",
                                                        "STRIDED_SLICE",
                                                        "SUB",
                                                        "TANH",
                                                        "TRANSPOSE",
                                                        "MEAN"};
    return all;
}

/// The real numbers of integers with these scales.
graph::tensor dequantized(const graph::tensor& from, const graph::quantization& by) {
    const array content = evaluate::array_of(from);
    evaluate::reals numbers = evaluate::all_reals(content);
    std::size_t inner = 1;
    for (std::size_t k = static_cast<std::size_t>(by.axis) + 1; k < content.shape.size(); ++k)
        inner *= static_cast<std::size_t>(content.shape[k]);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::size_t at = by.scales.size() == 1 ? 0 : i / inner % by.scales.size();
        const auto zero = static_cast<double>(by.zero_points.size() > at ? by.zero_points[at] : 0);
        numbers[i] = evaluate::rounded((numbers[i] - zero) * by.scales[at], element_type::float32);
    }
    return evaluate::tensor_of(array(element_type::float32, content.shape, std::move(numbers)));
}

/// Of the sums that a bias is added to.
std::optional<graph::quantization> sum_scales(const graph::model& of, const graph::node& node) {
    const auto& in = of.values[node.inputs[0]].quantized;
    const auto& weights = of.values[node.inputs[1]].quantized;
    if (!in || in->scales.size() != 1 || !weights) return std::nullopt;
    graph::quantization made;
    for (const double scale : weights->scales) made.scales.push_back(in->scales[0] * scale);
    made.zero_points.assign(made.scales.size(), 0);
    return made;
}

std::string problem_of(const graph::model& file, const graph::node& node) {
    if (node.domain != "tflite" || !operators().contains(node.operation))
        return "operators of TFLite that the library has in 8 bits";
    for (const auto* ids : {&node.inputs, &node.outputs})
        for (const value_id id : *ids) {
            if (id == no_value) continue;
            const graph::value& one = file.values[id];
            if (one.variable) return "no states";
            if (is_activation(one) && one.quantized->scales.size() != 1) return "one scale for activations";
            if (one.type == element_type::int16) return "activations of 8 bits";
        }
    if (contractions().contains(node.operation)) {
        if (node.inputs.size() < 2 || !file.values[node.inputs[1]].constant ||
            !file.values[node.inputs[1]].quantized)
            return "weights that are constants with scales";
        const auto& zeros = file.values[node.inputs[1]].quantized->zero_points;
        if (std::any_of(zeros.begin(), zeros.end(), [](auto zero) { return zero != 0; }))
            return "weights with the zero point 0";
        if (!sum_scales(file, node)) return "an input with one scale";
    }
    if (node.operation == "SOFTMAX" && number_of(node, "beta", 1) != 1) return "a softmax with beta 1";
    return "";
}

}  // namespace

bool computes_in_8_bits(const graph::model& file) {
    return std::any_of(file.main.nodes.begin(), file.main.nodes.end(), [&](const graph::node& node) {
        return node.domain == "tflite" &&
               std::any_of(node.outputs.begin(), node.outputs.end(),
                           [&](value_id id) { return id != no_value && is_activation(file.values[id]); });
    });
}

std::optional<byte_scale> byte_scale_of(const graph::model& file, value_id id) {
    if (id >= file.values.size()) return std::nullopt;
    const graph::value& one = file.values[id];
    if (!is_activation(one) || one.quantized->scales.size() != 1) return std::nullopt;
    const std::int64_t zero = one.quantized->zero_points.empty() ? 0 : one.quantized->zero_points[0];
    return byte_scale{one.quantized->scales[0], one.type == element_type::uint8 ? zero - 128 : zero};
}

graph::model with_real_numbers(const graph::model& file, std::vector<refusal>& refused) {
    graph::model made = file;
    std::optional<value_id> one;
    for (graph::node& node : made.main.nodes) {
        if (const std::string problem = problem_of(file, node); !problem.empty()) {
            const std::string place = graph::place_text(file, node);
            refused.push_back({place.substr(0, place.rfind(" (")),
                               node.domain.empty() ? node.operation : node.domain + ":" + node.operation, "",
                               problem});
            continue;
        }
        if (contractions().contains(node.operation) && node.inputs.size() > 2 && node.inputs[2] != no_value) {
            graph::value& bias = made.values[node.inputs[2]];
            if (bias.constant && graph::is_whole(bias.type)) {
                bias.constant = dequantized(*bias.constant, *sum_scales(file, node));
                bias.type = element_type::float32;
            }
        }
        if (node.operation != "QUANTIZE" && node.operation != "DEQUANTIZE") continue;
        const auto from = byte_scale_of(file, node.inputs[0]);
        const auto to = byte_scale_of(file, node.outputs[0]);
        const bool changes = from && to && *from != *to;
        node.domain.clear();
        node.version = 24;
        node.operation = changes ? "Pow" : "Identity";
        node.attributes.clear();
        if (changes && !one) {
            graph::value constant;
            constant.name = "one";
            constant.type = element_type::float32;
            constant.shape.emplace();
            constant.constant = evaluate::tensor_of(array(element_type::float32, {}, evaluate::reals{1.0}));
            made.values.push_back(std::move(constant));
            one = made.values.size() - 1;
        }
        if (changes) node.inputs.push_back(*one);
    }
    for (graph::value& value : made.values) {
        if (!is_byte(value.type) || !value.quantized) continue;
        if (value.constant) value.constant = dequantized(*value.constant, *value.quantized);
        value.type = element_type::float32;
    }
    return made;
}

integer_ends integer_ends_of(const graph::model& file) {
    const auto fail = [&](const std::string& expected, const std::string& found) {
        throw file_error({file.path, expected, found});
    };
    std::vector<value_id> inputs;
    for (const value_id id : file.main.inputs)
        if (!file.values[id].constant) inputs.push_back(id);
    if (inputs.size() != 1 || file.main.outputs.size() != 1)
        fail("one input and one output of a network in 8 bits",
             std::to_string(inputs.size()) + " and " + std::to_string(file.main.outputs.size()));
    integer_ends made{inputs[0], file.main.outputs[0]};
    for (const graph::node& node : file.main.nodes) {
        const bool reads = std::find(node.inputs.begin(), node.inputs.end(), inputs[0]) != node.inputs.end();
        if (reads && !is_byte(file.values[inputs[0]].type)) {
            if (node.operation != "QUANTIZE" || made.input != inputs[0])
                fail("an input that is read by one QUANTIZE", "another operator, " + node.operation);
            made.input = node.outputs[0];
        }
        if (node.outputs == file.main.outputs && node.operation == "DEQUANTIZE") made.output = node.inputs[0];
    }
    for (const value_id id : {made.input, made.output})
        if (!byte_scale_of(file, id))
            fail("integers of 8 bits with one scale at input and output",
                 "\"" + file.values[id].name + "\", " + std::string(graph::name_of(file.values[id].type)));
    return made;
}

integer_run run_integers(const graph::model& file, const integer_ends& ends, const array& sample) {
    graph::model inside = file;
    value_id input = no_value;
    for (const value_id id : file.main.inputs)
        if (!file.values[id].constant) input = id;
    inside.main.outputs = {ends.output};
    if (ends.input != input) inside.main.outputs.push_back(ends.input);
    evaluate::evaluator evaluator(inside);
    const auto results = evaluator.run({{file.values[input].name, sample}});
    const auto bytes = [&](value_id id, const array& from) {
        evaluate::wholes numbers = from.as_wholes();
        if (file.values[id].type == element_type::uint8)
            for (std::int64_t& number : numbers) number -= 128;
        return array(element_type::int8, from.shape, std::move(numbers));
    };
    return {bytes(ends.input, ends.input == input ? sample : results[1].tensor),
            bytes(ends.output, results[0].tensor)};
}

}  // namespace archetype::rewrite
