// SPDX-License-Identifier: BSL-1.0
#include "quantized_onnx.hpp"

#include "prepare.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <cmath>
#include <deque>

namespace archetype::rewrite {

namespace {

using integers = std::vector<std::int64_t>;
using names = std::set<std::string, std::less<>>;

/// What integers from -128 to 127 stand for.
struct byte_form {
    double scale = 1;
    std::int64_t zero = 0;
    bool operator==(const byte_form&) const = default;
};
constexpr byte_form of_probabilities{1.0 / 256, -128};

/// Weights as integers around 0.
struct weight_form {
    shape_type shape;
    evaluate::wholes numbers;
    std::vector<double> scales;
    std::int64_t axis = 0;
    std::string name;
};

/// Real numbers; of integers also these, with what one of each stands for.
struct bias_form {
    std::vector<double> numbers;
    evaluate::wholes integers = {};
    std::vector<double> units = {};
};

/// A node that cannot be translated, and what would be.
struct cannot {
    std::string reason;
};

bool is_linear_operator(const graph::node& node) {
    return node.operation.starts_with("QLinear") || node.operation == "QGemm";
}
bool is_quantizer(const graph::node& node) { return node.operation == "QuantizeLinear"; }
bool is_dequantizer(const graph::node& node) { return node.operation == "DequantizeLinear"; }

/// Computes each element of its result from one of each input.
bool is_function(const graph::node& node) {
    static const names all{"Abs",
                           "Acos",
                           "Acosh",
                           "Add",
                           "And",
                           "Asin",
                           "Asinh",
                           "Atan",
                           "Atanh",
                           "Ceil",
                           "Celu",
                           "Clip",
                           "Cos",
                           "Cosh",
                           "Div",
                           "Elu",
                           "Equal",
                           "Erf",
                           "Exp",
                           "Floor",
                           "Gelu",
                           "Greater",
                           "GreaterOrEqual",
                           "HardSigmoid",
                           "HardSwish",
                           "LeakyRelu",
                           "Less",
                           "LessOrEqual",
                           "Log",
                           "Max",
                           "Mean",
                           "Min",
                           "Mish",
                           "Mul",
                           "Neg",
                           "Not",
                           "Or",
                           "Pow",
                           "Reciprocal",
                           "Relu",
                           "Round",
                           "Selu",
                           "Shrink",
                           "Sigmoid",
                           "Sign",
                           "Sin",
                           "Sinh",
                           "Softplus",
                           "Softsign",
                           "Sqrt",
                           "Sub",
                           "Sum",
                           "Swish",
                           "Tan",
                           "Tanh",
                           "ThresholdedRelu",
                           "Where"};
    return node.domain.empty() && all.contains(node.operation);
}

/// Moves elements and changes none.
bool is_movement(const graph::node& node) {
    static const names all{"Reshape",  "Flatten", "Squeeze", "Unsqueeze", "Transpose",
                           "Identity", "Dropout", "Slice",   "Pad"};
    return node.domain.empty() && all.contains(node.operation);
}

class translation {
public:
    translation(const graph::model& file, const std::map<std::string, shape_type>& inputs,
                std::vector<refusal>& refused, const evaluate::settings& limits)
        : file_(file), known_(prepared(file, inputs, unknown_, limits, true)), refused_(refused) {
        made_.path = file.path;
        made_.format = file.format;
        made_.producer = file.producer;
        made_.versions = file.versions;
        made_.versions["tflite"] = 1;
    }

    graph::model run() {
        for (const graph::node& node : file_.main.nodes)
            for (const value_id id : node.outputs)
                if (id != no_value) producers_[id] = &node;
        for (const value_id id : file_.main.inputs)
            if (!file_.values[id].constant) input(id);
        for (const graph::node& node : file_.main.nodes) {
            now_ = &node;
            try {
                translate(node);
            } catch (const cannot& found) {
                refuse(found.reason);
                failed_.insert(node.outputs.begin(), node.outputs.end());  // also if it was one before it
            } catch (const std::out_of_range&) {
                refuse("the inputs and results of its operator");
                failed_.insert(node.outputs.begin(), node.outputs.end());
            }
        }
        for (const value_id id : file_.main.outputs) output(id);
        return std::move(made_);
    }
    std::size_t quantizers() const { return quantizers_; }

private:
    // What is known of a value of the file: integers, or a result that waits for its scale.
    struct waiting {
        const graph::node* node = nullptr;
        std::string activation = "NONE";
        std::optional<value_id> added;  ///< a constant of the file, behind a product
        double sign = 1;                ///< of that constant
    };

    static waiting waiting_of(const graph::node& node) {
        waiting made;
        made.node = &node;
        return made;
    }

    void refuse(const std::string& reason) {
        const std::string place = graph::place_text(file_, *now_);
        refused_.push_back(
            {place.substr(0, place.rfind(" (")), now_->operation, shapes_text(known_, *now_), reason});
        for (const value_id id : now_->outputs) failed_.insert(id);
    }
    const shape_type& shape(value_id id) const { return known_.shape(id); }
    bool has(const graph::node& node, std::size_t k) const {
        return k < node.inputs.size() && node.inputs[k] != no_value;
    }

    // Constants of the file.
    const array* constant(value_id id) const { return known_.constant(id); }
    std::vector<double> reals(value_id id) const {
        const array* content = constant(id);
        if (content == nullptr) throw cannot{"scales and zero points that are constants"};
        return evaluate::all_reals(*content);
    }
    static void expect_no_blocks(const graph::node& node) {
        if (const std::int64_t found = integer_of(node, "block_size", 0); found != 0)
            throw cannot{"one scale, or one for each index of an axis, where block_size is " +
                         std::to_string(found)};
    }
    /// One, or one for each index of an axis: what each integer stands for is finite and above 0.
    std::vector<double> scales_of(value_id id) const {
        std::vector<double> made = reals(id);
        if (constant(id)->shape.size() > 1)
            throw cannot{"one scale, or one for each index of an axis, not " +
                         evaluate::shape_text(constant(id)->shape)};
        for (const double one : made)
            if (!(one > 0) || !std::isfinite(one))
                throw cannot{"scales above 0, which " + std::to_string(one) + " is not"};
        return made;
    }
    element_type type(value_id id) const {
        const auto found = known_.types.find(id);
        return found == known_.types.end() ? element_type::none : found->second;
    }
    /// Of the integers `of`, by the scale at an input of the node and the zero point behind it, which is 0 if it is left out.
    byte_form form(const graph::node& node, std::size_t scale, value_id of) const {
        expect_no_blocks(node);
        const std::vector<double> scales = scales_of(node.inputs.at(scale));
        if (scales.size() != 1) throw cannot{"one scale for activations"};
        element_type given = type(of);
        std::int64_t zero = 0;
        if (has(node, scale + 1)) {
            const array* content = constant(node.inputs[scale + 1]);
            if (content == nullptr || content->size() != 1) throw cannot{"one zero point for activations"};
            given = content->type;
            if (graph::is_whole(given)) zero = content->as_wholes()[0];
        }
        if (given != element_type::int8 && given != element_type::uint8)
            throw cannot{"activations of 8 bits"};
        return {scales[0], zero - (given == element_type::uint8 ? 128 : 0)};
    }

    // The graph that is made.
    value_id add_value(const std::string& name, element_type type, shape_type extents,
                       std::optional<byte_form> by = {}) {
        graph::value value;
        value.name = name;
        value.type = type;
        value.shape.emplace();
        for (const std::int64_t one : extents) value.shape->push_back({one, ""});
        if (by) value.quantized = graph::quantization{{by->scale}, {by->zero}, 0};
        made_.values.push_back(std::move(value));
        shapes_.push_back(std::move(extents));
        return made_.values.size() - 1;
    }
    value_id add_constant(const std::string& name, array content) {
        const value_id id = add_value(name, content.type, content.shape);
        made_.values[id].constant = evaluate::tensor_of(std::move(content));
        return id;
    }
    value_id list(const integers& numbers) {
        return add_constant("", array(element_type::int32, {static_cast<std::int64_t>(numbers.size())},
                                      evaluate::wholes(numbers)));
    }
    std::string name_of_now() const {
        return now_->outputs.empty() || now_->outputs[0] == no_value ? ""
                                                                     : file_.values[now_->outputs[0]].name;
    }
    value_id add(const std::string& operation, std::vector<value_id> inputs, shape_type extents,
                 const byte_form& by, attributes_map attributes = {}) {
        const value_id id = add_value(name_of_now(), element_type::int8, std::move(extents), by);
        push(operation, std::move(inputs), id, std::move(attributes));
        return id;
    }
    /// An operator of the library's own, as `archetype::evaluate` defines it.
    value_id add_own(const std::string& operation, std::vector<value_id> inputs, shape_type extents,
                     const byte_form& by, attributes_map attributes) {
        const value_id made =
            add(operation, std::move(inputs), std::move(extents), by, std::move(attributes));
        made_.main.nodes.back().domain = "archetype";
        return made;
    }
    void push(const std::string& operation, std::vector<value_id> inputs, value_id to,
              attributes_map attributes = {}) {
        graph::node node;
        node.name = now_ == nullptr ? "" : now_->name;
        node.domain = "tflite";
        node.operation = operation;
        node.version = 1;
        node.inputs = std::move(inputs);
        node.outputs = {to};
        node.attributes = std::move(attributes);
        made_.main.nodes.push_back(std::move(node));
    }
    byte_form form_of(value_id made) const {
        const graph::quantization& by = *made_.values[made].quantized;
        return {by.scales[0], by.zero_points[0]};
    }
    value_id in_form(value_id from, const byte_form& by) {
        return form_of(from) == by ? from : add("QUANTIZE", {from}, shapes_[from], by);
    }
    value_id transposed(value_id from, const integers& order) {
        shape_type to;
        bool moves = false;
        for (std::size_t k = 0; k < order.size(); ++k) {
            to.push_back(shapes_[from][static_cast<std::size_t>(order[k])]);
            moves = moves || order[k] != static_cast<std::int64_t>(k);
        }
        return moves ? add("TRANSPOSE", {from, list(order)}, to, form_of(from)) : from;
    }
    value_id reshaped(value_id from, const shape_type& to) {
        return shapes_[from] == to ? from : add("RESHAPE", {from, list(to)}, to, form_of(from));
    }

    // Ends.
    void input(value_id id) {
        const graph::value& value = file_.values[id];
        const value_id made = add_value(value.name, value.type, shape(id));
        made_.main.inputs.push_back(made);
        inputs_[id] = made;
        if (value.type == element_type::int8 || value.type == element_type::uint8) bytes_.insert(id);
    }
    /// An input of the file in a form: of integers it is told by the first who reads them.
    value_id quantized_input(value_id id, const byte_form& by) {
        const auto key = std::make_pair(id, std::make_pair(by.scale, by.zero));
        if (const auto found = quantized_inputs_.find(key); found != quantized_inputs_.end())
            return found->second;
        graph::value& value = made_.values[inputs_.at(id)];
        value_id made = inputs_.at(id);
        if (value.type == element_type::uint8 || value.type == element_type::int8) {
            const bool is_unsigned = value.type == element_type::uint8;
            const graph::quantization own{{by.scale}, {by.zero + (is_unsigned ? 128 : 0)}, 0};
            if (value.quantized &&
                (value.quantized->scales != own.scales || value.quantized->zero_points != own.zero_points))
                throw cannot{"one scale for an input of integers"};
            value.quantized = own;
            if (is_unsigned) made = add("QUANTIZE", {made}, shapes_[made], by);
        } else if (graph::is_real(value.type)) {
            made = add("QUANTIZE", {made}, shapes_[made], by);
        } else {
            throw cannot{"inputs of real numbers, int8 or uint8"};
        }
        quantized_inputs_[key] = made;
        return made;
    }
    void output(value_id id) {
        if (failed_.contains(id)) return;
        const graph::value& value = file_.values[id];
        now_ = producers_.contains(id) ? producers_.at(id) : nullptr;
        value_id from = no_value;
        if (const auto found = integers_.find(id); found != integers_.end()) from = found->second;
        if (from == no_value) {
            if (now_ != nullptr) return refuse("a QuantizeLinear behind it");
            return refused_.push_back(
                {"\"" + value.name + "\"", "output", "", "outputs that nodes of 8 bits give"});
        }
        const byte_form by = form_of(from);
        const bool is_unsigned = value.type == element_type::uint8;
        if (value.type == element_type::int8) {  // it keeps its name
            made_.values[from].name = value.name;
            return made_.main.outputs.push_back(from);
        }
        const value_id to =
            add_value(value.name, is_unsigned ? element_type::uint8 : element_type::float32, shapes_[from]);
        if (is_unsigned) made_.values[to].quantized = graph::quantization{{by.scale}, {by.zero + 128}, 0};
        push(is_unsigned ? "QUANTIZE" : "DEQUANTIZE", {from}, to);
        made_.main.outputs.push_back(to);
    }

    /// Integers of a value of the file that stand for what they do, whoever gives them.
    value_id integers_of(value_id id) const {
        const auto found = integers_.find(id);
        if (found == integers_.end())
            throw cannot{waiting_.contains(id) || inputs_.contains(id) ? "a QuantizeLinear before it"
                                                                       : "integers of 8 bits"};
        return found->second;
    }
    bool is_integers(value_id id) const { return integers_.contains(id); }

    weight_form weights_of(value_id id) const {
        const auto found = producers_.find(id);
        if (found != producers_.end() && found->second->operation == "Transpose") {
            weight_form inner = weights_of(found->second->inputs.at(0));
            return turned(inner, integers_of_attribute(*found->second, "perm", inner.shape.size()));
        }
        if (found == producers_.end() || !is_dequantizer(*found->second))
            throw cannot{"weights that are constants of 8 bits with scales"};
        const graph::node& node = *found->second;
        expect_no_blocks(node);
        return weights_of(node.inputs.at(0), node.inputs.at(1), has(node, 2) ? node.inputs[2] : no_value,
                          integer_of(node, "axis", 1));
    }
    static integers integers_of_attribute(const graph::node& node, std::string_view name, std::size_t rank) {
        integers made = rewrite::integers_of(node, name);
        if (made.empty())
            for (std::size_t k = rank; k-- > 0;) made.push_back(static_cast<std::int64_t>(k));
        return made;
    }
    weight_form weights_of(value_id numbers, value_id scale, value_id zero, std::int64_t axis) const {
        const array* content = constant(numbers);
        if (content == nullptr ||
            (content->type != element_type::int8 && content->type != element_type::uint8))
            throw cannot{"weights that are constants of 8 bits with scales"};
        weight_form made{content->shape, content->as_wholes(), scales_of(scale), axis,
                         file_.values[numbers].name};
        const auto rank = static_cast<std::int64_t>(made.shape.size());
        if (made.axis < 0) made.axis += rank;
        const std::size_t count = made.scales.size();
        if (count != 1 &&
            (made.axis < 0 || made.axis >= rank ||
             static_cast<std::int64_t>(count) != made.shape[static_cast<std::size_t>(made.axis)]))
            throw cannot{"one scale of the weights, or one for each filter"};
        if (count == 1) made.axis = 0;
        evaluate::wholes zeros{0};
        if (zero != no_value) {
            const array* given = constant(zero);
            if (given == nullptr) throw cannot{"zero points that are constants"};
            zeros = given->as_wholes();
            if (zeros.size() != 1 && zeros.size() != count) throw cannot{"a zero point for each scale"};
        }
        std::size_t inner = 1;
        for (std::size_t k = static_cast<std::size_t>(made.axis) + 1; k < made.shape.size(); ++k)
            inner *= static_cast<std::size_t>(made.shape[k]);
        for (std::size_t i = 0; i < made.numbers.size(); ++i) {
            made.numbers[i] -= zeros[zeros.size() == 1 ? 0 : i / inner % zeros.size()];
            if (std::abs(made.numbers[i]) > 127)
                throw cannot{"weights from -127 to 127 around their zero point, which " +
                             std::to_string(made.numbers[i]) + " is not"};
        }
        return made;
    }
    static weight_form turned(const weight_form& from, const integers& order) {
        weight_form made = from;
        shape_type strides(from.shape.size(), 1);
        for (std::size_t k = strides.size(); k-- > 1;) strides[k - 1] = strides[k] * from.shape[k];
        for (std::size_t k = 0; k < order.size(); ++k) {
            made.shape[k] = from.shape[static_cast<std::size_t>(order[k])];
            if (from.scales.size() != 1 && order[k] == from.axis) made.axis = static_cast<std::int64_t>(k);
        }
        shape_type index(order.size(), 0);
        for (std::int64_t& number : made.numbers) {
            std::int64_t place = 0;
            for (std::size_t k = 0; k < index.size(); ++k)
                place += index[k] * strides[static_cast<std::size_t>(order[k])];
            number = from.numbers[static_cast<std::size_t>(place)];
            for (std::size_t k = index.size(); k-- > 0;) {
                if (++index[k] < made.shape[k]) break;
                index[k] = 0;
            }
        }
        return made;
    }
    value_id add_weights(const weight_form& of) {
        const value_id id =
            add_constant(of.name, array(element_type::int8, of.shape, evaluate::wholes(of.numbers)));
        made_.values[id].quantized = graph::quantization{of.scales, integers(of.scales.size(), 0), of.axis};
        return id;
    }
    /// A bias in units of the sums: integers of 32 bits with that scale, or real numbers that are rounded to it.
    bias_form bias_of(value_id id) const {
        const auto found = producers_.find(id);
        if (found != producers_.end() && is_dequantizer(*found->second)) {
            const graph::node& node = *found->second;
            expect_no_blocks(node);
            const array* content = constant(node.inputs.at(0));
            if (content == nullptr || !graph::is_whole(content->type))
                throw cannot{"a bias that is a constant"};
            const std::vector<double> scales = scales_of(node.inputs.at(1));
            const std::vector<double> zeros = has(node, 2) ? reals(node.inputs[2]) : std::vector<double>{0};
            for (const auto* one : {&scales, &zeros})
                if (one->size() != 1 && one->size() != content->size())
                    throw cannot{"one scale and zero point of a bias, or one for each of its numbers"};
            bias_form made;
            for (std::size_t k = 0; k < content->size(); ++k) {
                const double one =
                    static_cast<double>(content->as_wholes()[k]) - zeros[zeros.size() == 1 ? 0 : k];
                made.units.push_back(scales[scales.size() == 1 ? 0 : k]);
                made.integers.push_back(static_cast<std::int64_t>(one));
                made.numbers.push_back(one * made.units.back());
            }
            return made;
        }
        if (constant(id) == nullptr) throw cannot{"a bias that is a constant"};
        return {reals(id)};
    }
    value_id add_bias(const std::string& name, const bias_form& from, const byte_form& in,
                      const weight_form& weights, std::size_t filters) {
        const std::vector<double>& real = from.numbers;
        if (real.size() != filters && real.size() != 1)
            throw cannot{"a bias for each of " + std::to_string(filters) + " filters"};
        evaluate::wholes made;
        std::vector<double> units;
        for (std::size_t f = 0; f < filters; ++f) {
            units.push_back(in.scale * weights.scales[weights.scales.size() == 1 ? 0 : f]);
            const std::size_t k = real.size() == 1 ? 0 : f;
            // Their scale is the product of two in single precision: large ones are not rounded a second time.
            const bool is_same =
                k < from.units.size() && std::abs(from.units[k] - units.back()) <= 1e-6 * units.back();
            const double whole =
                is_same ? static_cast<double>(from.integers[k]) : std::round(real[k] / units.back());
            if (!(std::abs(whole) < 0x1p30)) throw cannot{"biases below 2^30 in units of the sums"};
            made.push_back(static_cast<std::int64_t>(whole));
        }
        const auto count = static_cast<std::int64_t>(filters);
        const value_id id = add_constant(name, array(element_type::int32, {count}, std::move(made)));
        made_.values[id].quantized = graph::quantization{units, integers(filters, 0), 0};
        return id;
    }

    // Nodes.
    void translate(const graph::node& node) {
        const auto is_failed = [&](value_id id) { return id != no_value && failed_.contains(id); };
        if (std::any_of(node.inputs.begin(), node.inputs.end(), is_failed)) {
            failed_.insert(node.outputs.begin(), node.outputs.end());
            return;
        }
        const auto all_constant = [&] {
            return std::all_of(node.outputs.begin(), node.outputs.end(),
                               [&](value_id id) { return id == no_value || constant(id) != nullptr; });
        };
        if (is_quantizer(node) || is_dequantizer(node)) ++quantizers_;
        if (!node.outputs.empty() && all_constant()) return;
        if (!has(node, 0)) throw cannot{"nodes with a first input"};
        if (node.operation != "Split" && (node.outputs.empty() || node.outputs[0] == no_value))
            throw cannot{"nodes with a first result"};
        if (is_dequantizer(node)) return dequantize(node);
        if (is_quantizer(node)) {
            integers_[node.outputs[0]] = quantized(node.inputs[0], form(node, 1, node.outputs[0]));
            return;
        }
        if (is_linear_operator(node)) return linear_operator(node);
        if (node.domain.empty() && node.operation == "Split" && is_integers(node.inputs.at(0)))
            return split(node);
        if (is_movement(node)) return movement(node);
        if (!node.domain.empty()) throw cannot{"operators between quantizers that have a form in 8 bits"};
        if (fused(node)) return;
        // Operators on integers themselves.
        if (node.operation == "MaxPool" && !node.inputs.empty() && is_bare(node.inputs[0])) {
            integers_[node.outputs[0]] = emit(waiting_of(node), form_of(integers_of(node.inputs[0])));
            return;
        }
        waiting_[node.outputs[0]] = waiting_of(node);
    }
    /// Integers without a dequantizer behind them.
    bool is_bare(value_id id) const { return is_integers(id) && !graph::is_real(known_.types.at(id)); }
    void expect_dequantized(value_id id) const {
        if (is_bare(id)) throw cannot{"a DequantizeLinear before it"};
    }
    void dequantize(const graph::node& node) {
        const value_id in = node.inputs[0];
        const byte_form by = form(node, 1, in);
        if (bytes_.contains(in)) integers_[in] = quantized_input(in, by);
        const value_id made = integers_of(in);
        if (form_of(made) != by) throw cannot{"the scale that its integers were made with"};
        integers_[node.outputs[0]] = made;
    }
    /// What a QuantizeLinear gives of a value.
    value_id quantized(value_id id, const byte_form& by) {
        expect_dequantized(id);
        if (is_integers(id)) return in_form(integers_of(id), by);
        if (inputs_.contains(id)) return quantized_input(id, by);
        const auto found = waiting_.find(id);
        if (found == waiting_.end()) throw cannot{"a value of the network"};
        const waiting& of = found->second;
        if (is_movement(*of.node)) {
            const value_id in = quantized(of.node->inputs[0], by);
            return as_of(*of.node, [&] { return moved(*of.node, in); });
        }
        return as_of(*of.node, [&] { return emit(of, by); });
    }
    /// Nodes that are made have the name of this one.
    template <class Make>
    value_id as_of(const graph::node& node, const Make& make) {
        const graph::node* const before = std::exchange(now_, &node);
        const value_id made = make();
        now_ = before;
        return made;
    }
    void movement(const graph::node& node) {
        if (node.operation == "Identity" || node.operation == "Dropout") {
            const value_id in = node.inputs[0];
            if (is_integers(in))
                integers_[node.outputs[0]] = integers_of(in);
            else if (waiting_.contains(in))
                waiting_[node.outputs[0]] = waiting_.at(in);
            else
                waiting_[node.outputs[0]] = waiting_of(node);
            return;
        }
        if (is_integers(node.inputs[0]))
            integers_[node.outputs[0]] = moved(node, integers_of(node.inputs[0]));
        else
            waiting_[node.outputs[0]] = waiting_of(node);
    }
    value_id moved(const graph::node& node, value_id in) {
        const shape_type& to = shape(node.outputs[0]);
        if (node.operation == "Identity" || node.operation == "Dropout") return in;
        if (node.operation == "Transpose")
            return transposed(in, integers_of_attribute(node, "perm", to.size()));
        if (node.operation == "Pad") return padded(node, in);
        if (node.operation == "Slice") return sliced(node, in);
        return reshaped(in, to);
    }
    value_id padded(const graph::node& node, value_id in) {
        if (text_of(node, "mode", "constant") != "constant") return surrounded(node, in);
        const integers pads = has(node, 1) ? constant_wholes(node, 1) : rewrite::integers_of(node, "pads");
        const double by = has(node, 2) ? reals(node.inputs[2]).at(0) : number_of(node, "value", 0);
        const bool is_zero = is_bare(node.inputs[0]) ? by == static_cast<double>(form_of(in).zero) : by == 0;
        const std::size_t rank = shapes_[in].size();
        if (!is_zero || has(node, 3) || pads.size() != 2 * rank ||
            std::any_of(pads.begin(), pads.end(), [](auto one) { return one < 0; }))
            throw cannot{"padding of all axes with what stands for 0"};
        evaluate::wholes pairs;
        for (std::size_t axis = 0; axis < rank; ++axis) {
            pairs.push_back(pads[axis]);
            pairs.push_back(pads[rank + axis]);
        }
        const value_id by_axis = add_constant(
            "", array(element_type::int32, {static_cast<std::int64_t>(rank), 2}, std::move(pairs)));
        return add("PAD", {in, by_axis}, shape(node.outputs[0]), form_of(in));
    }
    /// By cells of the image: reflected, repeated or around.
    value_id surrounded(const graph::node& node, value_id in) {
        const integers pads = has(node, 1) ? constant_wholes(node, 1) : rewrite::integers_of(node, "pads");
        if (has(node, 3) || pads.size() != 2 * shapes_[in].size() ||
            std::any_of(pads.begin(), pads.end(), [](auto one) { return one < 0; }))
            throw cannot{"padding of all axes"};
        const value_id made = add_own("Pad", {in, list64(pads)}, shape(node.outputs[0]), form_of(in),
                                      {{"mode", text_of(node, "mode", "constant")}});
        made_.main.nodes.back().version = std::max<std::int64_t>(node.version, 19);
        return made;
    }
    value_id list64(const integers& numbers) {
        return add_constant("", array(element_type::int64, {static_cast<std::int64_t>(numbers.size())},
                                      evaluate::wholes(numbers)));
    }
    integers constant_wholes(const graph::node& node, std::size_t k) const {
        const array* content = constant(node.inputs.at(k));
        if (content == nullptr) throw cannot{"sizes that are constants"};
        return content->as_wholes();
    }
    value_id sliced(const graph::node& node, value_id in) {
        const bool by_inputs = has(node, 1);
        const integers starts = by_inputs ? constant_wholes(node, 1) : rewrite::integers_of(node, "starts");
        const integers ends = by_inputs ? constant_wholes(node, 2) : rewrite::integers_of(node, "ends");
        integers axes = has(node, 3) ? constant_wholes(node, 3) : rewrite::integers_of(node, "axes");
        const integers steps = has(node, 4) ? constant_wholes(node, 4) : integers(starts.size(), 1);
        if (axes.empty())
            for (std::size_t k = 0; k < starts.size(); ++k) axes.push_back(static_cast<std::int64_t>(k));
        const shape_type& from = shapes_[in];
        integers first(from.size(), 0);
        integers last = from;
        integers by(from.size(), 1);
        for (std::size_t k = 0; k < axes.size(); ++k) {
            const auto axis = static_cast<std::size_t>(
                axes[k] < 0 ? axes[k] + static_cast<std::int64_t>(from.size()) : axes[k]);
            if (steps[k] <= 0) throw cannot{"slices with steps above 0"};
            const auto bound = [&](std::int64_t at) {
                return std::clamp<std::int64_t>(at < 0 ? at + from.at(axis) : at, 0, from[axis]);
            };
            first.at(axis) = bound(starts[k]);
            last[axis] = bound(ends[k]);
            by[axis] = steps[k];
        }
        return add("STRIDED_SLICE", {in, list(first), list(last), list(by)}, shape(node.outputs[0]),
                   form_of(in));
    }

    /// Neighbours along an axis, each of the integers that it is cut from.
    void split(const graph::node& node) {
        const value_id in = integers_of(node.inputs[0]);
        const auto rank = static_cast<std::int64_t>(shapes_[in].size());
        const std::int64_t axis = integer_of(node, "axis", 0);
        if (axis < -rank || axis >= rank) throw cannot{"an axis of the value"};
        const auto along = static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
        integers first(shapes_[in].size(), 0);
        integers last = shapes_[in];
        last[along] = 0;
        const std::int64_t total = shapes_[in][along];
        integers sizes = has(node, 1) ? constant_wholes(node, 1) : rewrite::integers_of(node, "split");
        const auto count = static_cast<std::int64_t>(node.outputs.size());
        if (sizes.empty())
            sizes.assign(node.outputs.size(), (total + count - 1) / count);  // the last is smaller
        if (sizes.size() != node.outputs.size()) throw cannot{"a size for each part"};
        for (std::size_t k = 0; k < sizes.size(); ++k, first[along] = last[along]) {
            last[along] = std::min(last[along] + sizes[k], total);
            const value_id id = node.outputs[k];
            if (id == no_value) continue;
            const shape_type part = shape(id);
            if (part[along] != last[along] - first[along]) throw cannot{"parts of the sizes it says"};
            const value_id made = add_value(file_.values[id].name, element_type::int8, part, form_of(in));
            push("STRIDED_SLICE", {in, list(first), list(last), list(integers(part.size(), 1))}, made);
            integers_[id] = made;
        }
    }

    /// A rectifier or a constant behind an operator that waits for its scale.
    bool fused(const graph::node& node) {
        if (node.operation == "Relu" || node.operation == "Clip") {
            const auto before = waiting_.find(node.inputs[0]);
            if (before == waiting_.end() || before->second.activation != "NONE" ||
                !takes_activation(*before->second.node))
                return false;
            waiting made = before->second;
            made.activation = activation_of(node);
            waiting_[node.outputs[0]] = made;
            return true;
        }
        if (node.operation != "Add" && node.operation != "Sub") return false;
        if (node.inputs.size() != 2 || !has(node, 1)) throw cannot{"two inputs"};
        for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) {
            if (constant(node.inputs[k]) == nullptr || (k == 0 && node.operation == "Sub")) continue;
            return add_behind_product(node.inputs[1 - k], node.inputs[k], node.outputs[0],
                                      node.operation == "Sub" ? -1 : 1);
        }
        return false;
    }
    /// Whether a constant that is added to a value becomes part of the product that gives it. A quantizer between them goes:
    /// the sum is rounded once.
    bool add_behind_product(value_id sum, value_id constant_id, value_id to, double sign) {
        const graph::node* of = nullptr;
        const auto is_alone = [&](const auto& found) {
            return found != waiting_.end() && !found->second.added && found->second.activation == "NONE";
        };
        if (const auto direct = waiting_.find(sum); is_alone(direct))
            of = direct->second.node;
        else if (const auto made = producers_.find(sum);
                 made != producers_.end() && is_dequantizer(*made->second)) {
            const auto behind = producers_.find(made->second->inputs[0]);
            if (behind != producers_.end() && is_quantizer(*behind->second) &&
                readers(made->second->inputs[0]) == 1 && readers(sum) == 1) {
                const auto waits = waiting_.find(behind->second->inputs[0]);
                if (is_alone(waits)) of = waits->second.node;
            }
        }
        if (of == nullptr || !is_product(*of) || has_bias(*of)) return false;
        if (!is_bias(constant(constant_id)->shape, shape(of->outputs[0]))) return false;
        waiting_[to] = {of, "NONE", constant_id, sign};
        return true;
    }
    /// Whether a sum with such a constant is one of the units of a product, each with its own or all with one number.
    static bool is_bias(const shape_type& constant, const shape_type& product) {
        if (product.empty() || constant.size() > product.size()) return false;
        const std::int64_t count = *graph::element_count(constant);
        return count == 1 || (count == product.back() && constant.back() == count);
    }
    std::size_t readers(value_id id) const {
        std::size_t count = 0;
        for (const graph::node& node : file_.main.nodes)
            count += static_cast<std::size_t>(std::count(node.inputs.begin(), node.inputs.end(), id));
        return count;
    }
    static bool is_product(const graph::node& node) {
        return node.operation == "MatMul" || node.operation == "Gemm";
    }
    bool has_bias(const graph::node& node) const { return node.operation == "Gemm" && has(node, 2); }
    bool takes_activation(const graph::node& node) const {
        static const names all{"Conv", "ConvTranspose", "MatMul", "Gemm"};
        return all.contains(node.operation) || is_join(node);
    }
    std::string activation_of(const graph::node& node) const {
        if (node.operation == "Relu") return "RELU";
        const auto bound = [&](std::size_t k, const char* name, double otherwise) {
            if (has(node, k)) return reals(node.inputs[k]).at(0);
            return number_of(node, name, otherwise);
        };
        const double low = bound(1, "min", -HUGE_VAL);
        const double high = bound(2, "max", HUGE_VAL);
        if (low == 0 && high > 1e30) return "RELU";
        if (low == 0 && high == 6) return "RELU6";
        if (low == -1 && high == 1) return "RELU_N1_TO_1";
        throw cannot{"a Clip from 0, from 0 to 6 or from -1 to 1"};
    }

    // Functions of one value: the file's nodes, in real numbers, between integers.
    struct function {
        value_id from = no_value;              ///< integers
        std::map<value_id, value_id> numbers;  ///< values of the file that were made
    };
    /// Sums and products of two values are no functions.
    bool is_join(const graph::node& node) const {
        static const names all{"Add", "Sub", "Mul", "Max", "Min", "Mean"};
        return all.contains(node.operation) && node.inputs.size() == 2 && is_integers(node.inputs[0]) &&
               is_integers(node.inputs[1]) && integers_of(node.inputs[0]) != integers_of(node.inputs[1]);
    }
    value_id in_real_numbers(value_id id, function& of) {
        if (const auto found = of.numbers.find(id); found != of.numbers.end()) return found->second;
        value_id made = no_value;
        if (const array* content = constant(id); content != nullptr) {
            if (content->size() != 1) throw cannot{"functions whose constants are one number each"};
            made = add_constant(file_.values[id].name, array(*content));
        } else if (is_integers(id)) {
            expect_dequantized(id);
            const value_id from = integers_of(id);
            if (of.from != no_value && of.from != from) throw cannot{"functions of one value"};
            of.from = from;
            made = add_value(file_.values[id].name, element_type::float32, shapes_[from]);
            push("DEQUANTIZE", {from}, made);
        } else {
            const auto found = waiting_.find(id);
            if (found == waiting_.end() || found->second.activation != "NONE" || found->second.added ||
                !is_function(*found->second.node))
                throw cannot{"a QuantizeLinear before it"};
            made = in_real_numbers(*found->second.node, of);
        }
        return of.numbers[id] = made;
    }
    value_id in_real_numbers(const graph::node& node, function& of) {
        graph::node copy = node;
        for (value_id& id : copy.inputs)
            if (id != no_value) id = in_real_numbers(id, of);
        if (of.from == no_value || copy.outputs.size() != 1) throw cannot{"functions of one value"};
        const value_id id = node.outputs[0];
        if (shape(id) != shapes_[of.from]) throw cannot{"functions whose constants are one number each"};
        const value_id made = add_value(file_.values[id].name, type(id), shapes_[of.from]);
        copy.outputs = {made};
        made_.main.nodes.push_back(std::move(copy));
        return made;
    }
    value_id function_of(const graph::node& node, const byte_form& by) {
        function of;
        const value_id last = in_real_numbers(node, of);
        return add("QUANTIZE", {last}, shapes_[of.from], by);
    }

    /// The node with integers as inputs, its results in a form.
    value_id emit(const waiting& of, const byte_form& by) {
        const graph::node& node = *of.node;
        const std::string& name = node.operation;
        const auto in = [&](std::size_t k) {
            if (name != "MaxPool") expect_dequantized(node.inputs.at(k));
            return integers_of(node.inputs.at(k));
        };
        if (name == "Conv")
            return convolution(node, in(0), weights_of(node.inputs.at(1)),
                               has(node, 2) ? std::optional(bias_of(node.inputs[2])) : std::nullopt, by,
                               of.activation);
        if (name == "ConvTranspose")
            return transposed_convolution(
                node, in(0), weights_of(node.inputs.at(1)),
                has(node, 2) ? std::optional(bias_of(node.inputs[2])) : std::nullopt, by, of.activation);
        if (name == "MatMul" || name == "Gemm") {
            if (number_of(node, "alpha", 1) != 1 || number_of(node, "beta", 1) != 1 ||
                integer_of(node, "transA", 0) != 0)
                throw cannot{"a Gemm without factors"};
            weight_form weights = weights_of(node.inputs.at(1));
            std::optional<bias_form> bias;
            if (has_bias(node)) {
                if (!is_bias(shape(node.inputs[2]), shape(node.outputs[0])))
                    throw cannot{"a bias for each unit of a product"};
                bias = bias_of(node.inputs[2]);
            }
            if (of.added) bias = bias_form{added_bias(of)};
            return product(in(0), integer_of(node, "transB", 0) != 0 ? weights : transposed_matrix(weights),
                           bias, by, of.activation, shape(node.outputs[0]));
        }
        if (is_function(node) && !is_join(node)) return function_of(node, by);
        if (name == "Add" || name == "Sub" || name == "Mul") {
            const value_id a = in(0);
            const value_id b = in(1);
            return joined(name, a, b, by, of.activation, shape(node.outputs[0]));
        }
        if (is_join(node)) {
            const value_id a = in(0);
            const value_id b = in(1);
            return add_own(name == "Max"   ? "MAXIMUM"
                           : name == "Min" ? "MINIMUM"
                                           : "AVERAGE",
                           {a, b}, shape(node.outputs[0]), by,
                           {{"fused_activation_function", of.activation}});
        }
        if (name == "MaxPool" || name == "AveragePool") return pooled(node, in(0), by);
        if (name == "GlobalMaxPool" || name == "ReduceMax") return largest(node, in(0), by);
        if (name == "Resize") return resized(node, in(0), by);
        if (name == "GlobalAveragePool") return global_mean(in(0), by);
        if (name == "ReduceMean") return mean(node, in(0), by);
        if (name == "Concat") {
            std::vector<value_id> parts;
            for (std::size_t k = 0; k < node.inputs.size(); ++k) parts.push_back(in(k));
            return concatenated(parts, integer_of(node, "axis", 0), by, shape(node.outputs[0]));
        }
        if (name == "Softmax") return softmax(node, in(0), by, node.version < 13 ? 1 : -1);
        throw cannot{"operators between quantizers that have a form in 8 bits"};
    }
    std::vector<double> added_bias(const waiting& of) const {
        std::vector<double> made = reals(*of.added);
        for (double& one : made) one *= of.sign;
        return made;
    }
    static weight_form transposed_matrix(const weight_form& from) {
        if (from.shape.size() != 2) throw cannot{"weights {inputs, units}"};
        return turned(from, {1, 0});
    }
    value_id product(value_id in, const weight_form& weights, const std::optional<bias_form>& bias,
                     const byte_form& by, const std::string& activation, const shape_type& to) {
        if (weights.scales.size() != 1 && weights.axis != 0) throw cannot{"scales of the units of a product"};
        std::vector<value_id> inputs{in, add_weights(weights)};
        const auto units = static_cast<std::size_t>(weights.shape[0]);
        if (bias) inputs.push_back(add_bias("", *bias, form_of(in), weights, units));
        return add("FULLY_CONNECTED", std::move(inputs), to, by,
                   {{"fused_activation_function", activation},
                    {"keep_num_dims", std::int64_t{to.size() > 2 ? 1 : 0}}});
    }
    value_id joined(const std::string& name, value_id a, value_id b, const byte_form& by,
                    const std::string& activation, const shape_type& to) {
        return add(name == "Add"   ? "ADD"
                   : name == "Sub" ? "SUB"
                                   : "MUL",
                   {a, b}, to, by, {{"fused_activation_function", activation}});
    }
    value_id softmax(const graph::node& node, value_id in, const byte_form& by, std::int64_t otherwise) {
        std::int64_t axis = integer_of(node, "axis", otherwise);
        const auto rank = static_cast<std::int64_t>(shapes_[in].size());
        if (axis < 0) axis += rank;
        if (axis != rank - 1) throw cannot{"a softmax over the last axis"};
        return in_form(add("SOFTMAX", {in}, shapes_[in], of_probabilities, {{"beta", 1.0}}), by);
    }
    value_id concatenated(std::vector<value_id> parts, std::int64_t axis, const byte_form& by,
                          const shape_type& to) {
        for (value_id& part : parts) part = in_form(part, by);
        return add("CONCATENATION", std::move(parts), to, by, {{"axis", axis}});
    }

    // Images: the file has channels before rows, TFLite behind columns.
    struct plane {
        std::size_t axes = 2;
        value_id image = no_value;  ///< {1, rows, columns, C}
    };
    plane plane_of(value_id in) {
        const shape_type extents = shapes_[in];
        if (extents.size() != 3 && extents.size() != 4)
            throw cannot{"images {N, C, rows, columns} and sequences {N, C, time}"};
        if (extents.size() == 4) return {2, transposed(in, {0, 2, 3, 1})};
        return {1, reshaped(transposed(in, {0, 2, 1}), {extents[0], 1, extents[2], extents[1]})};
    }
    value_id from_plane(const plane& of, value_id image) {
        if (of.axes == 2) return transposed(image, {0, 3, 1, 2});
        const shape_type extents = shapes_[image];
        return transposed(reshaped(image, {extents[0], extents[2], extents[3]}), {0, 2, 1});
    }
    struct window {
        integers kernel, strides, dilations, pads;  ///< of rows and columns; pads: before both, then after
        shape_type results;
    };
    window window_of(const graph::node& node, const plane& over, integers kernel) const {
        const shape_type& image = shapes_[over.image];
        window made;
        const auto both = [&](integers given, std::int64_t otherwise) {
            if (given.empty()) given.assign(over.axes, otherwise);
            if (given.size() != over.axes) throw cannot{"a number for each axis of the image"};
            if (over.axes == 1) given.insert(given.begin(), 1);
            return given;
        };
        made.kernel = both(std::move(kernel), 1);
        made.strides = both(rewrite::integers_of(node, "strides"), 1);
        made.dilations = both(rewrite::integers_of(node, "dilations"), 1);
        integers pads = rewrite::integers_of(node, "pads");
        if (pads.empty()) pads.assign(2 * over.axes, 0);
        if (over.axes == 1) pads = {0, pads.at(0), 0, pads.at(1)};
        made.pads = pads;
        const std::string automatic = text_of(node, "auto_pad", "NOTSET");
        for (std::size_t k = 0; k < 2; ++k) {
            const std::int64_t reach = made.dilations[k] * (made.kernel[k] - 1) + 1;
            const std::int64_t size = image[k + 1];
            if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
                const std::int64_t count = (size + made.strides[k] - 1) / made.strides[k];
                const std::int64_t total =
                    std::max<std::int64_t>(0, (count - 1) * made.strides[k] + reach - size);
                made.pads.at(k) = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
                made.pads.at(k + 2) = total - made.pads[k];
            } else if (automatic == "VALID") {
                made.pads.at(k) = made.pads.at(k + 2) = 0;
            }
            made.results.push_back((size + made.pads.at(k) + made.pads.at(k + 2) - reach) / made.strides[k] +
                                   1);
        }
        return made;
    }
    /// Whether the window is TFLite's SAME.
    bool is_same(const window& of, const shape_type& image) const {
        for (std::size_t k = 0; k < 2; ++k) {
            const std::int64_t reach = of.dilations[k] * (of.kernel[k] - 1) + 1;
            const std::int64_t count = (image[k + 1] + of.strides[k] - 1) / of.strides[k];
            const std::int64_t total =
                std::max<std::int64_t>(0, (count - 1) * of.strides[k] + reach - image[k + 1]);
            if (of.results[k] != count || of.pads[k] != total / 2 || of.pads[k + 2] != total - total / 2)
                return false;
        }
        return true;
    }
    static bool is_padded(const window& of) {
        return std::any_of(of.pads.begin(), of.pads.end(), [](auto one) { return one != 0; });
    }
    value_id padded_image(value_id image, const window& by) {
        const shape_type& from = shapes_[image];
        const shape_type to{from[0], from[1] + by.pads[0] + by.pads[2], from[2] + by.pads[1] + by.pads[3],
                            from[3]};
        const value_id pairs = add_constant(
            "", array(element_type::int32, {4, 2},
                      evaluate::wholes{0, 0, by.pads[0], by.pads[2], by.pads[1], by.pads[3], 0, 0}));
        return add("PAD", {image, pairs}, to, form_of(image));
    }
    static attributes_map window_attributes(const window& of, bool same, const std::string& activation) {
        return {{"padding", std::string(same ? "SAME" : "VALID")},
                {"stride_h", of.strides[0]},
                {"stride_w", of.strides[1]},
                {"fused_activation_function", activation}};
    }
    value_id convolution(const graph::node& node, value_id in, weight_form weights,
                         const std::optional<bias_form>& bias, const byte_form& by,
                         const std::string& activation) {
        plane over = plane_of(in);
        const auto filters = static_cast<std::size_t>(weights.shape.at(0));
        const std::int64_t channels = shapes_[over.image][3];
        const std::int64_t groups = integer_of(node, "group", 1);
        if (weights.scales.size() != 1 && weights.axis != 0) throw cannot{"scales of the filters"};
        if (weights.shape.size() != over.axes + 2) throw cannot{"weights {filters, channels, taps}"};
        const window slid = window_of(node, over, integers(weights.shape.begin() + 2, weights.shape.end()));
        if (over.axes == 1) {
            weights.shape.insert(weights.shape.begin() + 2, 1);
        }
        const bool same = is_same(slid, shapes_[over.image]);
        if (!same && is_padded(slid)) over.image = padded_image(over.image, slid);
        const bool depthwise = groups == channels && channels > 1;
        // {K, C / groups, rows, columns} becomes {K, rows, columns, C / groups}, of depthwise ones {1, rows, columns, K}.
        weights = depthwise ? turned(weights, {1, 2, 3, 0}) : turned(weights, {0, 2, 3, 1});
        attributes_map attributes = window_attributes(slid, same, activation);
        attributes["dilation_h_factor"] = slid.dilations[0];
        attributes["dilation_w_factor"] = slid.dilations[1];
        if (depthwise) attributes["depth_multiplier"] = static_cast<std::int64_t>(filters) / channels;
        std::vector<value_id> inputs{over.image, add_weights(weights)};
        if (bias) inputs.push_back(add_bias("", *bias, form_of(in), weights, filters));
        return from_plane(
            over, add(depthwise ? "DEPTHWISE_CONV_2D" : "CONV_2D", std::move(inputs),
                      {shapes_[in][0], slid.results[0], slid.results[1], static_cast<std::int64_t>(filters)},
                      by, std::move(attributes)));
    }
    /// A convolution whose filters are the places within a stride, which then become pixels.
    value_id transposed_convolution(const graph::node& node, value_id in, const weight_form& weights,
                                    const std::optional<bias_form>& bias, const byte_form& by,
                                    const std::string& activation) {
        const shape_type image = shapes_[in];
        const auto numbers = [&](const char* name, std::size_t count, std::int64_t otherwise) {
            integers made = rewrite::integers_of(node, name);
            if (made.empty()) made.assign(count, otherwise);
            if (made.size() != count) throw cannot{"a number for each axis of the image"};
            return made;
        };
        if (image.size() != 4 || weights.shape.size() != 4) throw cannot{"transposed convolutions of images"};
        const integers strides = numbers("strides", 2, 1);
        const integers pads = numbers("pads", 4, 0);
        const integers more = numbers("output_padding", 2, 0);
        if (integer_of(node, "group", 1) != 1 || numbers("dilations", 2, 1) != integers{1, 1} ||
            strides[0] != strides[1] || strides[0] < 1 || text_of(node, "auto_pad", "NOTSET") != "NOTSET" ||
            node.attributes.contains("output_shape"))
            throw cannot{
                "transposed convolutions with one stride, without groups, dilation or a shape of the result"};
        if (weights.scales.size() != 1 && weights.axis != 1) throw cannot{"scales of the filters"};
        const std::int64_t block = strides[0];
        const std::int64_t channels = weights.shape[0];
        const std::int64_t filters = weights.shape[1];
        integers taps;
        for (const std::size_t k : {0U, 1U})
            taps.push_back((weights.shape[k + 2] + more[k] + block - 1) / block);
        weight_form each{
            {block * block * filters, channels, taps[0], taps[1]}, {}, weights.scales, 0, weights.name};
        for (std::int64_t filter = 0; filter < each.shape[0]; ++filter)
            for (std::int64_t c = 0; c < channels; ++c)
                for (std::int64_t a = 0; a < taps[0]; ++a)
                    for (std::int64_t b = 0; b < taps[1]; ++b) {
                        const std::int64_t place = filter / filters;
                        const std::int64_t row = place / block + block * (taps[0] - 1 - a);
                        const std::int64_t column = place % block + block * (taps[1] - 1 - b);
                        const bool is_there = row < weights.shape[2] && column < weights.shape[3];
                        each.numbers.push_back(
                            is_there ? weights.numbers[static_cast<std::size_t>(
                                           ((c * filters + filter % filters) * weights.shape[2] + row) *
                                               weights.shape[3] +
                                           column)]
                                     : 0);
                    }
        std::optional<bias_form> biases;
        if (bias) biases.emplace();
        for (std::int64_t place = 0; place < block * block; ++place) {
            if (place > 0 && weights.scales.size() != 1)
                each.scales.insert(each.scales.end(), weights.scales.begin(), weights.scales.end());
            if (!bias) continue;
            biases->numbers.insert(biases->numbers.end(), bias->numbers.begin(), bias->numbers.end());
            biases->integers.insert(biases->integers.end(), bias->integers.begin(), bias->integers.end());
            if (place == 0 || bias->units.size() > 1)
                biases->units.insert(biases->units.end(), bias->units.begin(), bias->units.end());
        }
        graph::node inside = node;
        inside.operation = "Conv";
        inside.attributes = {{"pads", integers{taps[0] - 1, taps[1] - 1, taps[0] - 1, taps[1] - 1}}};
        value_id made = convolution(inside, in, each, biases, by, activation);
        const shape_type wide{image[0], filters, block * (image[2] + taps[0] - 1),
                              block * (image[3] + taps[1] - 1)};
        if (block > 1) {
            made = add_own("DepthToSpace", {made}, wide, by, {{"blocksize", block}});
            made_.main.nodes.back().version = 13;
        }
        const shape_type& out = shape(node.outputs[0]);
        if (out == wide) return made;
        return add("STRIDED_SLICE",
                   {made, list({0, 0, pads[0], pads[1]}),
                    list({out[0], out[1], pads[0] + out[2], pads[1] + out[3]}), list({1, 1, 1, 1})},
                   out, by);
    }
    value_id pooled(const graph::node& node, value_id in, const byte_form& by) {
        const bool largest = node.operation == "MaxPool";
        plane over = plane_of(in);
        const window slid = window_of(node, over, rewrite::integers_of(node, "kernel_shape"));
        if (node.outputs.size() > 1 && node.outputs[1] != no_value) throw cannot{"a maximum, not its place"};
        const bool same = is_same(slid, shapes_[over.image]);
        const bool counted = !largest && integer_of(node, "count_include_pad", 0) != 0;
        if (integer_of(node, "ceil_mode", 0) != 0 || slid.dilations != integers{1, 1} ||
            (is_padded(slid) && !same && !counted))  // no window of TFLite
            return in_form(
                add_own(node.operation, {in}, shape(node.outputs[0]), form_of(in), node.attributes), by);
        if (is_padded(slid) && counted) over.image = padded_image(over.image, slid);
        attributes_map attributes = window_attributes(slid, same && !counted, "NONE");
        attributes["filter_height"] = slid.kernel[0];
        attributes["filter_width"] = slid.kernel[1];
        const shape_type& image = shapes_[over.image];
        const value_id made =
            add(largest ? "MAX_POOL_2D" : "AVERAGE_POOL_2D", {over.image},
                {image[0], slid.results[0], slid.results[1], image[3]}, form_of(in), std::move(attributes));
        return in_form(from_plane(over, made), by);
    }
    value_id largest(const graph::node& node, value_id in, const byte_form& by) {
        const bool is_global = node.operation == "GlobalMaxPool";
        integers axes;
        if (!is_global) axes = has(node, 1) ? constant_wholes(node, 1) : rewrite::integers_of(node, "axes");
        const auto rank = static_cast<std::int64_t>(shapes_[in].size());
        for (std::int64_t axis = 2; is_global && axis < rank; ++axis) axes.push_back(axis);
        if (axes.empty()) throw cannot{"maxima over axes that are named"};
        const std::int64_t keeps = is_global ? 1 : integer_of(node, "keepdims", 1);
        return in_form(add_own("ReduceMax", {in}, shape(node.outputs[0]), form_of(in),
                               {{"axes", axes}, {"keepdims", keeps}}),
                       by);
    }
    value_id resized(const graph::node& node, value_id in, const byte_form& by) {
        std::vector<value_id> inputs{in};
        for (std::size_t k = 1; k < node.inputs.size(); ++k) {
            if (!has(node, k)) {
                inputs.push_back(no_value);
                continue;
            }
            const array* content = constant(node.inputs[k]);
            if (content == nullptr) throw cannot{"factors and sizes that are constants"};
            inputs.push_back(add_constant(file_.values[node.inputs[k]].name, array(*content)));
        }
        if (!rewrite::integers_of(node, "axes").empty() || node.version < 11)
            throw cannot{"a Resize of operator set 11 or later over all axes"};
        const value_id made =
            add_own("Resize", std::move(inputs), shape(node.outputs[0]), form_of(in), node.attributes);
        made_.main.nodes.back().version = node.version;
        return in_form(made, by);
    }
    value_id global_mean(value_id in, const byte_form& by) {
        const plane over = plane_of(in);
        const shape_type image = shapes_[over.image];
        if (image[1] * image[2] == 1) return in_form(in, by);
        const value_id made = add("MEAN", {over.image, list({1, 2})}, {image[0], 1, 1, image[3]}, by,
                                  {{"keep_dims", std::int64_t{1}}});
        return from_plane(over, made);
    }
    value_id mean(const graph::node& node, value_id in, const byte_form& by) {
        integers axes = has(node, 1) ? constant_wholes(node, 1) : rewrite::integers_of(node, "axes");
        const auto rank = static_cast<std::int64_t>(shapes_[in].size());
        for (std::int64_t& axis : axes) axis += axis < 0 ? rank : 0;
        std::sort(axes.begin(), axes.end());
        integers behind;
        for (std::int64_t axis = 2; axis < rank; ++axis) behind.push_back(axis);
        if (rank == 4 && axes.size() == 1 && axes[0] >= 2 && shapes_[in][axes[0] == 2 ? 3 : 2] == 1)
            axes = behind;                                  // all that there is
        if (rank == 4 && axes.size() == 1 && axes[0] >= 1)  // with shares of 11 bits, as the library has them
            return in_form(add_own("ReduceMean", {in}, shape(node.outputs[0]), form_of(in),
                                   {{"axes", axes}, {"keepdims", integer_of(node, "keepdims", 1)}}),
                           by);
        if (behind.empty() || axes != behind)
            throw cannot{"means over whole images or sequences, or over rows or columns, in 8 bits"};
        return reshaped(global_mean(in, by), shape(node.outputs[0]));
    }

    void linear_operator(const graph::node& node) {
        const std::string& name = node.operation;
        const auto first = [&](std::size_t k) {  // with the scale that it is given
            const value_id id = node.inputs.at(k);
            const byte_form by = form(node, k + 1, id);
            if (bytes_.contains(id)) integers_[id] = quantized_input(id, by);
            const value_id made = integers_of(id);
            if (form_of(made) != by) throw cannot{"the scale that its integers were made with"};
            return made;
        };
        const value_id out = node.outputs.at(0);
        value_id made = no_value;
        if (name == "QLinearConv") {
            const weight_form weights =
                weights_of(node.inputs.at(3), node.inputs.at(4), node.inputs.at(5), 0);
            const value_id in = first(0);
            std::optional<bias_form> bias;
            if (has(node, 8)) {
                bias = bias_of_integers(constant_wholes(node, 8), in, weights);
                if (static_cast<std::int64_t>(bias->integers.size()) != weights.shape.at(0))
                    throw cannot{"a bias for each filter"};
            }
            made = convolution(node, in, weights, bias, form(node, 6, out), "NONE");
        } else if (name == "QLinearMatMul") {
            const weight_form weights =
                transposed_matrix(weights_of(node.inputs.at(3), node.inputs.at(4), node.inputs.at(5), 1));
            made = product(first(0), weights, std::nullopt, form(node, 6, out), "NONE", shape(out));
            products_[out] = &node;
        } else if (name == "QGemm") {
            made = q_gemm(node, first(0));
        } else if (name == "QLinearAdd" || name == "QLinearMul") {
            if (name == "QLinearAdd" && linear_bias(node, out)) return;
            const value_id a = first(0);
            const value_id b = first(3);
            made = joined(name.substr(7), a, b, form(node, 6, out), "NONE", shape(out));
        } else if (name == "QLinearConcat") {
            std::vector<value_id> parts;
            for (std::size_t k = 2; k + 2 < node.inputs.size(); k += 3) parts.push_back(first(k));
            made = concatenated(parts, integer_of(node, "axis", 0), form(node, 0, out), shape(out));
        } else if (name == "QLinearGlobalAveragePool" && integer_of(node, "channels_last", 0) == 0) {
            made = global_mean(first(0), form(node, 3, out));
        } else if (name == "QLinearAveragePool" && integer_of(node, "channels_last", 0) == 0) {
            made = pooled(node, first(0), form(node, 3, out));
        } else if (name == "QLinearLeakyRelu") {
            made = linear_function("LeakyRelu", node, first(0), form(node, 3, out));
        } else if (name == "QLinearSigmoid") {
            made = linear_function("Sigmoid", node, first(0), form(node, 3, out));
        } else if (name == "QLinearSoftmax") {
            made = softmax(node, first(0), form(node, 3, out), integer_of(node, "opset", 13) < 13 ? 1 : -1);
        } else {
            throw cannot{"operators of 8 bits that have a form in the library"};
        }
        integers_[out] = made;
    }
    /// Integers that are added to the products of integers.
    bias_form bias_of_integers(evaluate::wholes integers, value_id in, const weight_form& weights) const {
        bias_form made{{}, std::move(integers), {}};
        if (weights.scales.size() != 1 && weights.scales.size() != made.integers.size())
            throw cannot{"a bias for each scale of the weights"};
        for (std::size_t f = 0; f < made.integers.size(); ++f) {
            made.units.push_back(form_of(in).scale * weights.scales[weights.scales.size() == 1 ? 0 : f]);
            made.numbers.push_back(static_cast<double>(made.integers[f]) * made.units[f]);
        }
        return made;
    }
    value_id q_gemm(const graph::node& node, value_id in) {
        const bool turned_weights = integer_of(node, "transB", 0) != 0;
        if (number_of(node, "alpha", 1) != 1 || integer_of(node, "transA", 0) != 0 || !has(node, 7))
            throw cannot{"a QGemm without factors, with a scale of its results"};
        weight_form weights = weights_of(node.inputs.at(3), node.inputs.at(4),
                                         has(node, 5) ? node.inputs[5] : no_value, turned_weights ? 0 : 1);
        if (!turned_weights) weights = transposed_matrix(weights);
        std::optional<bias_form> bias;
        if (has(node, 6)) {
            if (!is_bias(shape(node.inputs[6]), shape(node.outputs[0])))
                throw cannot{"a bias for each unit of a product"};
            evaluate::wholes integers = constant_wholes(node, 6);
            // One integer for all units is another real number for each of their scales.
            if (integers.size() == 1)
                integers.resize(static_cast<std::size_t>(weights.shape.at(0)), integers[0]);
            bias = bias_of_integers(std::move(integers), in, weights);
        }
        return product(in, weights, bias, form(node, 7, node.outputs[0]), "NONE", shape(node.outputs[0]));
    }
    /// A function that an operator of integers names.
    value_id linear_function(const std::string& operation, const graph::node& node, value_id in,
                             const byte_form& by) {
        const value_id real = add_value("", element_type::float32, shapes_[in]);
        push("DEQUANTIZE", {in}, real);
        const value_id made = add_value("", element_type::float32, shapes_[in]);
        push(operation, {real}, made, node.attributes);
        graph::node& function = made_.main.nodes.back();
        function.domain.clear();
        function.version = 16;
        return add("QUANTIZE", {made}, shapes_[in], by);
    }
    /// A constant that is added to a product of integers becomes its bias.
    bool linear_bias(const graph::node& node, value_id out) {
        for (const std::size_t k : {std::size_t{0}, std::size_t{3}}) {
            const array* numbers = constant(node.inputs.at(3 - k));
            const auto found = products_.find(node.inputs.at(k));
            if (numbers == nullptr || found == products_.end() || readers(node.inputs[k]) != 1 ||
                !is_bias(numbers->shape, shape(node.inputs[k])))
                continue;
            const graph::node& of = *found->second;
            const byte_form by = form(node, 4 - k, node.inputs[3 - k]);
            std::vector<double> bias;
            const std::int64_t shift = numbers->type == element_type::uint8 ? 128 : 0;
            for (const std::int64_t q : numbers->as_wholes())
                bias.push_back(static_cast<double>(q - shift - by.zero) * by.scale);
            const weight_form weights =
                transposed_matrix(weights_of(of.inputs.at(3), of.inputs.at(4), of.inputs.at(5), 1));
            integers_[out] = product(integers_of(of.inputs[0]), weights, bias_form{bias}, form(node, 6, out),
                                     "NONE", shape(out));
            return true;
        }
        return false;
    }

    const graph::model& file_;
    std::vector<refusal> unknown_;
    network known_;
    std::vector<refusal>& refused_;
    graph::model made_;
    std::vector<shape_type> shapes_;  ///< of the values of `made_`
    std::map<value_id, const graph::node*> producers_, products_;
    std::map<value_id, value_id> inputs_, integers_;
    std::map<std::pair<value_id, std::pair<double, std::int64_t>>, value_id> quantized_inputs_;
    std::map<value_id, waiting> waiting_;
    std::set<value_id> failed_, bytes_;
    const graph::node* now_ = nullptr;
    std::size_t quantizers_ = 0;
};

/// Takes away nodes whose results nobody reads: products whose constant became a bias.
void sweep(graph::model& of) {
    for (bool changed = true; changed;) {
        std::set<value_id> read(of.main.outputs.begin(), of.main.outputs.end());
        for (const graph::node& node : of.main.nodes) read.insert(node.inputs.begin(), node.inputs.end());
        changed = std::erase_if(of.main.nodes, [&](const graph::node& node) {
                      return !read.contains(node.outputs[0]);
                  }) != 0;
    }
}

}  // namespace

bool has_quantized_activations(const graph::model& file) {
    std::set<value_id> weights;
    for (value_id id = 0; id < file.values.size(); ++id)
        if (file.values[id].constant) weights.insert(id);
    return std::any_of(file.main.nodes.begin(), file.main.nodes.end(), [&](const graph::node& node) {
        const bool is_own = node.domain.empty() || node.domain == "com.microsoft";
        return is_own && (is_linear_operator(node) ||
                          (is_quantizer(node) && !node.inputs.empty() && !weights.contains(node.inputs[0])));
    });
}

graph::model with_integer_operators(const graph::model& file, const std::map<std::string, shape_type>& inputs,
                                    std::vector<refusal>& refused, std::vector<std::string>& notes,
                                    const evaluate::settings& limits) {
    translation now(file, inputs, refused, limits);
    graph::model made;
    try {
        made = now.run();
    } catch (const std::out_of_range&) {
        throw file_error({file.path, "nodes with the inputs of their operators", "others"});
    }
    sweep(made);
    if (refused.empty())
        notes.push_back(
            std::to_string(now.quantizers()) +
            " nodes QuantizeLinear and DequantizeLinear are the scales of the integers between them");
    return made;
}

}  // namespace archetype::rewrite
