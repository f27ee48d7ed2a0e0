// SPDX-License-Identifier: BSL-1.0
#include "integers.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <span>

namespace archetype::rewrite {

namespace {

using names = std::set<std::string, std::less<>>;

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
                                                        "DEPTH_TO_SPACE",
                                                        "DEQUANTIZE",
                                                        "EXPAND_DIMS",
                                                        "LEAKY_RELU",
                                                        "FULLY_CONNECTED",
                                                        "LOGISTIC",
                                                        "MAXIMUM",
                                                        "MAX_POOL_2D",
                                                        "MINIMUM",
                                                        "MUL",
                                                        "PAD",
                                                        "QUANTIZE",
                                                        "RELU",
                                                        "RELU6",
                                                        "RELU_N1_TO_1",
                                                        "RESHAPE",
                                                        "RESIZE_NEAREST_NEIGHBOR",
                                                        "SLICE",
                                                        "SOFTMAX",
                                                        "SPACE_TO_DEPTH",
                                                        "SPLIT",
                                                        "SPLIT_V",
                                                        "SQUEEZE",
                                                        "STRIDED_SLICE",
                                                        "SUB",
                                                        "TANH",
                                                        "TRANSPOSE",
                                                        "UNIDIRECTIONAL_SEQUENCE_LSTM",
                                                        "UNPACK",
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

bool is_whole_constant(const graph::value& one) { return one.constant && graph::is_whole(one.type); }

constexpr std::size_t lstm_weights = 1, lstm_biases = 12, lstm_h = 18,
                      lstm_cell = 19;  // inputs of the fused LSTM

/// Of the fused LSTM, whose weights have one scale for each gate.
std::string problem_of_lstm(const graph::model& file, const graph::node& node) {
    if (node.inputs.size() <= lstm_cell) return "an LSTM with its states";
    const auto is_there = [&](std::size_t k) { return node.inputs[k] != no_value; };
    for (std::size_t gate = 0; gate < 4; ++gate)
        if (!is_there(lstm_weights + gate) || !is_there(lstm_weights + 4 + gate) ||
            !is_there(lstm_biases + gate))
            return "an LSTM with weights and biases of four gates";
    if (!is_there(lstm_h) || !is_there(lstm_cell)) return "an LSTM with its states";
    for (std::size_t k = lstm_weights; k < lstm_weights + 8; ++k) {
        const graph::value& weights = file.values[node.inputs.at(k)];
        if (!weights.constant || weights.type != element_type::int8 || !weights.quantized ||
            weights.quantized->scales.size() != 1 ||
            weights.quantized->zero_points != std::vector<std::int64_t>{0})
            return "weights of 8 bits that are constants with one scale and the zero point 0";
    }
    for (std::size_t gate = 0; gate < 4; ++gate)
        if (!is_whole_constant(file.values[node.inputs[lstm_biases + gate]]))
            return "biases that are constants of integers";
    const auto& h = file.values[node.inputs.at(lstm_h)];
    const graph::value& cell = file.values[node.inputs.at(lstm_cell)];
    if (!byte_scale_of(file, node.inputs[0]) || h.type != element_type::int8 || !h.quantized)
        return "an input and a state of 8 bits with one scale";
    if (cell.type != element_type::int16 || !cell.quantized || cell.quantized->scales.size() != 1)
        return "a long-term state of 16 bits with one scale";
    return "";
}

/// Whether the result has as many elements as what goes in.
bool takes_one_cell(const graph::model& file, const graph::node& node) {
    const auto count = [&](value_id id) {
        std::int64_t made = 1;
        if (file.values[id].shape)
            for (const graph::dimension& one : *file.values[id].shape) made *= one.extent;
        return made;
    };
    return count(node.inputs[0]) == count(node.outputs[0]);
}

/// Of an operator of TFLite that hands integers on as they are: these inputs have the scale of the results.
std::span<const value_id> inputs_of_one_scale(const graph::node& node) {
    static const names of_first{
        "AVERAGE_POOL_2D", "DEPTH_TO_SPACE",          "EXPAND_DIMS", "MAX_POOL_2D",    "PAD",
        "RESHAPE",         "RESIZE_NEAREST_NEIGHBOR", "SLICE",       "SPACE_TO_DEPTH", "SPLIT_V",
        "SQUEEZE",         "STRIDED_SLICE",           "TRANSPOSE",   "UNPACK"};
    static const names of_all{"CONCATENATION", "MAXIMUM", "MINIMUM"};
    const std::span inputs(node.inputs);
    if (of_all.contains(node.operation)) return inputs;
    if (node.operation == "SPLIT") return inputs.subspan(1);  // the axis is first
    return inputs.first(of_first.contains(node.operation) ? 1 : 0);
}
bool has_one_scale(const graph::model& file, const graph::node& node) {
    const auto zero = [](const graph::quantization& of) {
        return of.zero_points.empty() ? 0 : of.zero_points[0];
    };
    for (const value_id in : inputs_of_one_scale(node)) {
        if (in == no_value) continue;
        const graph::value& one = file.values[in];
        if (!is_byte(one.type) || !one.quantized) continue;
        for (const value_id out : node.outputs) {
            if (out == no_value) continue;
            const auto& result = file.values[out].quantized;
            if (!result || one.quantized->scales != result->scales || zero(*one.quantized) != zero(*result))
                return false;
        }
    }
    return true;
}

std::string problem_of(const graph::model& file, const graph::node& node) {
    const bool is_lstm = node.domain == "tflite" && node.operation == "UNIDIRECTIONAL_SEQUENCE_LSTM";
    if (is_lstm) return problem_of_lstm(file, node);
    if (node.domain.empty()) {  // a part of a function of one value
        const bool reads_integers = std::any_of(node.inputs.begin(), node.inputs.end(), [&](value_id id) {
            return id != no_value && is_activation(file.values[id]);
        });
        return reads_integers ? "operators of real numbers between DEQUANTIZE and QUANTIZE" : "";
    }
    if (node.domain == "archetype") return "";  // made of a file's, by what the library has
    if (node.domain != "tflite" || !operators().contains(node.operation))
        return "operators of TFLite that the library has in 8 bits";
    const auto is_missing = [](const auto& ids) { return ids.empty() || ids[0] == no_value; };
    if (is_missing(node.inputs) || is_missing(node.outputs)) return "an input and a result";
    for (const auto* ids : {&node.inputs, &node.outputs})
        for (const value_id id : *ids) {
            if (id == no_value) continue;
            const graph::value& one = file.values[id];
            if (one.variable) return "no states";
            if (is_activation(one) && one.quantized->scales.size() != 1) return "one scale for activations";
            if (one.type == element_type::int16) return "activations of 8 bits";
        }
    // Kernels of uint8 multiply the scales of a convolution in single precision and take means of halves upwards.
    static const std::set<std::string, std::less<>> computing{
        "ADD",  "SUB",      "MUL",  "AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN",        "SOFTMAX",
        "TANH", "LOGISTIC", "RELU", "LEAKY_RELU",      "RELU6",       "RELU_N1_TO_1"};
    if (file.values[node.inputs[0]].type == element_type::uint8 &&
        (contractions().contains(node.operation) || computing.contains(node.operation)))
        return "integers from -128 to 127: kernels of uint8, as files of TensorFlow 1 have them, round "
               "otherwise";
    if (contractions().contains(node.operation)) {
        if (node.inputs.size() < 2 || node.inputs[1] == no_value || !file.values[node.inputs[1]].constant ||
            !file.values[node.inputs[1]].quantized)
            return "weights that are constants with scales";
        const auto& zeros = file.values[node.inputs[1]].quantized->zero_points;
        if (std::any_of(zeros.begin(), zeros.end(), [](auto zero) { return zero != 0; }))
            return "weights with the zero point 0";
        if (!sum_scales(file, node)) return "an input with one scale";
        if (node.inputs.size() > 2 && node.inputs[2] != no_value &&
            !is_whole_constant(file.values[node.inputs[2]]))
            return "a bias that is a constant of integers";
    }
    if (!has_one_scale(file, node)) return "one scale for input and output";  // as `run` says it
    if (node.operation == "MEAN" && takes_one_cell(file, node) &&
        byte_scale_of(file, node.inputs[0]) != byte_scale_of(file, node.outputs[0]))
        return "a mean of more than one cell where the scale changes";
    if (node.operation == "SOFTMAX" && number_of(node, "beta", 1) != 1) return "a softmax with beta 1";
    return "";
}

}  // namespace

bool computes_in_8_bits(const graph::model& file) {
    return std::any_of(file.main.nodes.begin(), file.main.nodes.end(), [&](const graph::node& node) {
        return !node.domain.empty() &&
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
            if (is_whole_constant(bias)) {
                bias.constant = dequantized(*bias.constant, *sum_scales(file, node));
                bias.type = element_type::float32;
            }
        }
        if (node.operation == "UNIDIRECTIONAL_SEQUENCE_LSTM") {
            for (std::size_t gate = 0; gate < 4; ++gate) {
                graph::value& bias = made.values[node.inputs[lstm_biases + gate]];
                if (!bias.constant || !graph::is_whole(bias.type)) continue;
                const double unit = file.values[node.inputs[0]].quantized->scales[0] *
                                    file.values[node.inputs[lstm_weights + gate]].quantized->scales[0];
                bias.constant = dequantized(*bias.constant, {{unit}, {0}, 0});
                bias.type = element_type::float32;
            }
            for (const value_id state : {node.inputs[lstm_h], node.inputs[lstm_cell]})
                made.values[state].type = element_type::float32;
        }
        if (node.domain == "archetype" && !node.attributes.contains("fused_activation_function"))
            node.domain.clear();
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
    evaluate::settings exact;
    exact.float64 = true;  // functions between integers are rounded once
    evaluate::evaluator evaluator(inside, exact);
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
