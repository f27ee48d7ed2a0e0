// SPDX-License-Identifier: BSL-1.0
#include "tflite_call.hpp"

#include <cmath>

namespace archetype::evaluate::tflite {

const graph::value& value_of(const call& at, graph::value_id id) { return at.model().values[id]; }
const graph::value& input_value(const call& at, std::size_t index) {
    return value_of(at, at.node().inputs[index]);
}

namespace {
linear linear_of(const call& at, const graph::value& of) {
    if (!of.quantized || of.quantized->scales.size() != 1)
        at.fail("one scale of \"" + of.name + "\"", of.quantized ? "several" : "none");
    return {of.quantized->scales[0], of.quantized->zero_points[0]};
}
}  // namespace
linear input_scale(const call& at, std::size_t index) { return linear_of(at, input_value(at, index)); }
linear output_scale(const call& at) { return linear_of(at, value_of(at, at.node().outputs[0])); }

bool is_int8(const call& at, std::size_t index) { return at.in(index).type == element_type::int8; }
void only_float_or_int8(const call& at) {
    const element_type type = at.in(0).type;
    at.expect(type == element_type::float32 || type == element_type::int8, "float32 or int8",
              std::string(name_of(type)));
}

double activated(const call& at, double x, const std::string& name) {
    if (name == "NONE") return x;
    if (name == "RELU") return x < 0 ? 0 : x;
    if (name == "RELU6") return std::min(std::max(x, 0.0), 6.0);
    if (name == "RELU_N1_TO_1") return std::min(std::max(x, -1.0), 1.0);
    if (name == "TANH") return std::tanh(x);
    at.fail("fused activation NONE, RELU, RELU_N1_TO_1, RELU6 or TANH", name);
}
std::string activation_of(const call& at) { return at.text("fused_activation_function", "NONE"); }

range range_of(const call& at, const linear& out) {
    const std::string name = activation_of(at);
    const auto integer = [&](double real) {
        return out.zero + static_cast<whole>(std::round(std::clamp(real / out.scale, -1e6, 1e6)));
    };
    range made;
    if (name == "RELU" || name == "RELU6") made.least = std::max<whole>(made.least, integer(0));
    if (name == "RELU6") made.most = std::min<whole>(made.most, integer(6));
    if (name == "RELU_N1_TO_1") made = {std::max<whole>(-128, integer(-1)), std::min<whole>(127, integer(1))};
    at.expect(made.least <= made.most && name != "TANH" && name != "SIGN_BIT",
              "fused activation NONE, RELU, RELU_N1_TO_1 or RELU6", name);
    return made;
}

std::int32_t accumulator(const call& at, double sum) {
    at.expect(std::abs(sum) < 0x1p31, "sums of 32 bits", std::to_string(sum));
    return static_cast<std::int32_t>(sum);
}

reals centered(const call& at, std::size_t index) {
    reals made = all_reals(at.in(index));
    if (is_real(at.in(index).type)) return made;
    const auto& quantized = input_value(at, index).quantized;
    if (!quantized) return made;
    const bool dynamic = is_real(at.in(0).type);
    const shape_type& shape = at.in(index).shape;
    const std::size_t count = quantized->scales.size();
    const auto axis = static_cast<std::size_t>(quantized->axis);
    const auto inner = static_cast<std::size_t>(count == 1 ? 1 : product_of(shape, axis + 1, shape.size()));
    for (std::size_t i = 0; i < made.size(); ++i) {
        const std::size_t which = count == 1 ? 0 : i / inner % count;
        made[i] -= static_cast<double>(quantized->zero_points[which]);
        if (dynamic) made[i] *= quantized->scales[which];
    }
    return made;
}

std::vector<datum> results_of_onnx(const call& at, std::string_view name, std::vector<datum> inputs,
                                   attributes_by_name attributes) {
    graph::node node = at.node();
    node.domain.clear();
    node.operation = name;
    node.version = 17;
    node.attributes = std::move(attributes);
    call inner = at.as_node(node, std::move(inputs));
    find_operation(node)->evaluate(inner);
    return std::move(inner.results());
}
void as_onnx(call& at, std::string_view name, std::vector<datum> inputs, attributes_by_name attributes) {
    for (datum& one : results_of_onnx(at, name, std::move(inputs), std::move(attributes)))
        at.give(std::move(one));
}
void same_scale(const call& at, std::size_t index) {
    if (is_real(at.in(index).type) || !input_value(at, index).quantized) return;
    const linear in = input_scale(at, index);
    for (const graph::value_id id : at.node().outputs) {
        if (id == graph::no_value) continue;
        const linear out = linear_of(at, value_of(at, id));
        at.expect(in.scale == out.scale && in.zero == out.zero, "one scale for input and output",
                  std::to_string(in.scale) + " and " + std::to_string(out.scale));
    }
}

double logistic_of(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

}  // namespace archetype::evaluate::tflite
