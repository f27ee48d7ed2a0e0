// SPDX-License-Identifier: BSL-1.0
#include "tensorflow.hpp"

#include "keras_graph.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <set>

namespace archetype::graph {

namespace {

using keras::attributes;
using keras::builder;
using keras::weight;
using sizes = std::vector<std::int64_t>;

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

[[noreturn]] void fail(const std::string& place, std::string expected, std::string found) {
    throw file_error({place, std::move(expected), std::move(found)});
}

/// Texts of attributes are bytes in base64.
std::string decoded(const std::string& text) {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string made;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const std::size_t digit = digits.find(c);
        if (digit == digits.npos) break;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        made += static_cast<char>(bits >> count & 255);
    }
    return made;
}

/// A number that JSON may have as a text, as protobuf writes 64 bits.
std::optional<std::int64_t> whole_of(const json& from) {
    if (from.text() == nullptr) return from.whole();
    const std::string& text = *from.text();
    if (text.empty() || text.size() > 18 ||
        text.find_first_not_of("0123456789", text[0] == '-' ? 1 : 0) != text.npos || text == "-")
        return std::nullopt;
    return std::stoll(text);
}

struct operation {
    const json* node;
    std::string name, kind;
    std::vector<std::string> inputs;
    std::set<std::string, std::less<>> used{};  ///< attributes
};

/// Operators of one input and one result that ONNX has too.
const std::map<std::string, std::string, std::less<>>& plain_operators() {
    static const std::map<std::string, std::string, std::less<>> table{{"Relu", "Relu"},
                                                                       {"Elu", "Elu"},
                                                                       {"Selu", "Selu"},
                                                                       {"Sigmoid", "Sigmoid"},
                                                                       {"Tanh", "Tanh"},
                                                                       {"Softplus", "Softplus"},
                                                                       {"Softsign", "Softsign"},
                                                                       {"Exp", "Exp"},
                                                                       {"Log", "Log"},
                                                                       {"Sqrt", "Sqrt"},
                                                                       {"Neg", "Neg"},
                                                                       {"Abs", "Abs"},
                                                                       {"Floor", "Floor"},
                                                                       {"Ceil", "Ceil"},
                                                                       {"Round", "Round"},
                                                                       {"Sin", "Sin"},
                                                                       {"Cos", "Cos"},
                                                                       {"Erf", "Erf"},
                                                                       {"Sign", "Sign"},
                                                                       {"Identity", "Identity"},
                                                                       {"StopGradient", "Identity"},
                                                                       {"Reciprocal", "Reciprocal"},
                                                                       {"Add", "Add"},
                                                                       {"AddV2", "Add"},
                                                                       {"Sub", "Sub"},
                                                                       {"Mul", "Mul"},
                                                                       {"RealDiv", "Div"},
                                                                       {"Div", "Div"},
                                                                       {"Maximum", "Max"},
                                                                       {"Minimum", "Min"},
                                                                       {"Pow", "Pow"},
                                                                       {"Greater", "Greater"},
                                                                       {"GreaterEqual", "GreaterOrEqual"},
                                                                       {"Less", "Less"},
                                                                       {"LessEqual", "LessOrEqual"},
                                                                       {"Equal", "Equal"},
                                                                       {"LogicalAnd", "And"},
                                                                       {"LogicalOr", "Or"},
                                                                       {"LogicalNot", "Not"},
                                                                       {"Select", "Where"},
                                                                       {"SelectV2", "Where"}};
    return table;
}

class reader {
public:
    reader(keras::weight_store& weights, std::string path)
        : weights_(weights), path_(std::move(path)), to_(made_) {}

    model read(const json& topology, const json* signature, const std::string& producer) {
        made_.path = path_;
        made_.format = "TensorFlow.js graph";
        made_.producer = producer;
        made_.versions[""] = keras::onnx_operators;
        const json* library = topology.find("library");
        if (const json* functions = library == nullptr ? nullptr : library->find("function");
            functions != nullptr && functions->list() != nullptr && !functions->list()->empty())
            fail(path_, "a graph without functions", std::to_string(functions->list()->size()));
        const json* nodes = topology.find("node");
        if (nodes == nullptr || nodes->list() == nullptr) fail(path_, "a list of nodes", "none");
        for (const json& one : *nodes->list()) list(one);
        for (std::size_t k = 0; k < weights_.entries.size(); ++k)
            weight_of_.emplace(weights_.entries[k].name, k);
        run();
        outputs(signature);
        std::string unused;
        for (const std::string& one : weights_.unused()) unused += (unused.empty() ? "" : ", ") + one;
        if (!unused.empty()) fail(path_, "weights that a node reads", unused.substr(0, 1000));
        to_.finish();
        return std::move(made_);
    }

private:
    void list(const json& node) {
        const json* name = node.find("name");
        const json* kind = node.find("op");
        if (name == nullptr || name->text() == nullptr || kind == nullptr || kind->text() == nullptr)
            fail(path_, "nodes with name and op", node.summary());
        operation made{&node, *name->text(), *kind->text(), {}};
        if (const json* inputs = node.find("input"); inputs != nullptr && inputs->list() != nullptr)
            for (const json& one : *inputs->list()) {
                if (one.text() == nullptr) fail(place(made), "inputs as texts", one.summary());
                if (!one.text()->starts_with("^"))
                    made.inputs.push_back(*one.text());  // else an order of running
            }
        for (const auto& [key, value] : *node.object())
            if (key != "name" && key != "op" && key != "input" && key != "attr" && key != "device" &&
                key.find("debug") == key.npos)
                fail(place(made), "keys of a NodeDef", "\"" + key + "\"");
        if (!by_name_.emplace(made.name, operations_.size()).second)
            fail(path_, "one node of each name", "another \"" + made.name + "\"");
        operations_.push_back(std::move(made));
    }
    std::string place(const operation& at) const {
        return path_ + ", node \"" + at.name + "\" (" + at.kind + ")";
    }

    static std::pair<std::string, std::size_t> end_of(const std::string& input) {
        const std::size_t colon = input.rfind(':');
        if (colon == input.npos || input.find_first_not_of("0123456789", colon + 1) != input.npos ||
            colon + 1 == input.size() || input.size() - colon > 6)
            return {input, 0};
        return {input.substr(0, colon), static_cast<std::size_t>(std::stoul(input.substr(colon + 1)))};
    }

    /// Each node as soon as its inputs are there.
    void run() {
        std::vector<std::vector<std::size_t>> readers(operations_.size());
        std::vector<std::size_t> missing(operations_.size(), 0);
        std::deque<std::size_t> ready;
        for (std::size_t k = 0; k < operations_.size(); ++k) {
            for (const std::string& input : operations_[k].inputs) {
                const auto from = by_name_.find(end_of(input).first);
                if (from == by_name_.end())
                    fail(place(operations_[k]), "inputs that are nodes", "\"" + input + "\"");
                readers[from->second].push_back(k);
                ++missing[k];
            }
            if (missing[k] == 0) ready.push_back(k);
        }
        std::size_t done = 0;
        for (; !ready.empty(); ++done) {
            const std::size_t k = ready.front();
            ready.pop_front();
            one(operations_[k]);
            for (const std::size_t reader : readers[k])
                if (--missing[reader] == 0) ready.push_back(reader);
        }
        if (done != operations_.size())
            fail(path_, "a graph without circles", "nodes that wait for each other");
    }

    const json* attribute_of(operation& at, std::string_view name, std::string_view kind) const {
        at.used.emplace(name);
        const json* all = at.node->find("attr");
        const json* found = all == nullptr ? nullptr : all->find(name);
        return found == nullptr ? nullptr : found->find(kind);
    }
    std::string text(operation& at, std::string_view name, const std::string& otherwise) const {
        const json* found = attribute_of(at, name, "s");
        return found == nullptr || found->text() == nullptr ? otherwise : decoded(*found->text());
    }
    std::int64_t whole(operation& at, std::string_view name, std::int64_t otherwise) const {
        const json* found = attribute_of(at, name, "i");
        return found == nullptr ? otherwise : whole_of(*found).value_or(otherwise);
    }
    double number(operation& at, std::string_view name, double otherwise) const {
        const json* found = attribute_of(at, name, "f");
        return found == nullptr || found->number() == nullptr ? otherwise : *found->number();
    }
    bool truth(operation& at, std::string_view name, bool otherwise) const {
        const json* found = attribute_of(at, name, "b");
        return found == nullptr || found->truth() == nullptr ? otherwise : *found->truth();
    }
    sizes wholes(operation& at, std::string_view name) const {
        const json* found = attribute_of(at, name, "list");
        const json* all = found == nullptr ? nullptr : found->find("i");
        sizes made;
        if (all != nullptr && all->list() != nullptr)
            for (const json& one : *all->list()) made.push_back(whole_of(one).value_or(0));
        return made;
    }

    value_id in(const operation& at, std::size_t k) {
        if (k >= at.inputs.size())
            fail(place(at), std::to_string(k + 1) + " inputs", std::to_string(at.inputs.size()));
        const auto [name, number] = end_of(at.inputs[k]);
        if (const auto found = constants_.find(name); found != constants_.end())
            return constant(name, found->second);
        const auto found = values_.find(name);
        if (found == values_.end() || number >= found->second.size())
            fail(place(at), "a result of \"" + name + "\"", std::to_string(number));
        return found->second[number];
    }
    std::vector<value_id> all_in(const operation& at) {
        std::vector<value_id> made;
        for (std::size_t k = 0; k < at.inputs.size(); ++k) made.push_back(in(at, k));
        return made;
    }

    struct constant_numbers {
        weight content;
        bool is_whole;
    };
    value_id constant(const std::string& name, const constant_numbers& from) {
        if (!from.is_whole) return to_.constant(name, from.content.shape, from.content.values);
        if (const auto found = whole_values_.find(name); found != whole_values_.end()) return found->second;
        if (from.content.shape.size() > 1)
            fail(path_ + ", constant \"" + name + "\"", "integers of one axis at most",
                 shape_text(from.content.shape));
        to_.layer = name;
        return whole_values_[name] = to_.wholes({from.content.values.begin(), from.content.values.end()},
                                                from.content.shape.empty());
    }
    const weight* known(const operation& at, std::size_t k) const {
        if (k >= at.inputs.size()) return nullptr;
        const auto found = constants_.find(end_of(at.inputs[k]).first);
        return found == constants_.end() ? nullptr : &found->second.content;
    }
    /// Whole numbers of an input that must be a constant.
    sizes fixed(const operation& at, std::size_t k) const {
        const weight* found = known(at, k);
        if (found == nullptr) fail(place(at), "input " + std::to_string(k) + " as a constant", "a value");
        return {found->values.begin(), found->values.end()};
    }
    void give(const operation& at, value_id made) { values_[at.name] = {made}; }

    void one(operation& at) {
        to_.layer = at.name;
        if (at.kind == "Const") return read_constant(at);
        if (at.kind == "Placeholder") return input(at);
        if (at.kind == "NoOp") return;
        if (at.kind == "IdentityN") {
            values_[at.name] = all_in(at);
            return;
        }
        if (const auto found = plain_operators().find(at.kind); found != plain_operators().end())
            return give(at, to_.node(found->second, all_in(at)));
        if (arithmetic(at) || windows(at) || shapes(at)) return check_attributes(at);
        std::vector<value_id> inputs = all_in(at);
        values_[at.name] = {to_.nodes(at.kind, inputs, {}, 1, "tensorflow")[0]};
    }
    /// What an operator says and nobody read.
    void check_attributes(const operation& at) const {
        const json* all = at.node->find("attr");
        if (all == nullptr || all->object() == nullptr) return;
        for (const auto& [key, value] : *all->object()) {
            // Types, counts, how a device may compute.
            static const std::set<std::string_view> types{"T",
                                                          "Tidx",
                                                          "Tshape",
                                                          "Tperm",
                                                          "Tpaddings",
                                                          "Tdim",
                                                          "Index",
                                                          "N",
                                                          "U",
                                                          "TI",
                                                          "out_type",
                                                          "DstT",
                                                          "SrcT",
                                                          "Tparams",
                                                          "Tindices",
                                                          "Taxis",
                                                          "index_type",
                                                          "use_cudnn_on_gpu",
                                                          "num_args",
                                                          "num_host_args",
                                                          "TArgs",
                                                          "Tmultiples",
                                                          "Truncate",
                                                          "is_training",
                                                          "exponential_avg_factor",
                                                          "transpose_out",
                                                          "half_pixel_centers",
                                                          "align_corners"};
            if (!at.used.contains(key) && !types.contains(key) && !key.starts_with("_"))
                fail(place(at), "attributes that this reader knows", "\"" + key + "\"");
        }
    }

    void read_constant(operation& at) {
        const auto found = weight_of_.find(at.name);
        if (found == weight_of_.end()) fail(place(at), "a weight of this name", "none");
        keras::weight_store::entry& from = weights_.entries[found->second];
        from.used = true;
        const json* type = attribute_of(at, "dtype", "type");
        const bool is_whole =
            type != nullptr &&
            (type->text() != nullptr ? *type->text() == "DT_INT32" || *type->text() == "DT_INT64"
                                     : type->whole() == 3 || type->whole() == 9);
        constant_numbers made{from.read(), is_whole};
        for (const float value : made.content.values)
            if (is_whole && std::abs(value) >= 16777216.0F && std::abs(value) < 2147483520.0F)
                fail(place(at), "whole numbers below 2^24, or the largest", std::to_string(value));
        constants_.emplace(at.name, std::move(made));
    }
    void input(operation& at) {
        std::vector<dimension> shape;
        const json* found = attribute_of(at, "shape", "shape");
        const json* extents = found == nullptr ? nullptr : found->find("dim");
        if (extents != nullptr && extents->list() != nullptr)
            for (const json& one : *extents->list()) {
                const json* size = one.find("size");
                shape.push_back({size == nullptr ? -1 : whole_of(*size).value_or(-1), ""});
            }
        const json* type = attribute_of(at, "dtype", "type");
        const std::string name = type != nullptr && type->text() != nullptr ? *type->text() : "DT_FLOAT";
        static const std::map<std::string, element_type, std::less<>> types{
            {"DT_FLOAT", element_type::float32},
            {"DT_INT32", element_type::int32},
            {"DT_INT64", element_type::int64},
            {"DT_BOOL", element_type::boolean}};
        const auto kind = types.find(name);
        if (kind == types.end()) fail(place(at), "an input DT_FLOAT, DT_INT32, DT_INT64 or DT_BOOL", name);
        const value_id made = to_.input(at.name, kind->second, shape).id;
        // Whole numbers are int64 in the nodes, as shapes are.
        give(at, name == "DT_INT32" ? to_.node("Cast", {made}, {{"to", std::int64_t{7}}}) : made);
    }

    bool arithmetic(operation& at) {
        const std::string& kind = at.kind;
        const auto of = [&](const std::string& operation, std::vector<value_id> inputs,
                            attributes given = {}) {
            give(at, to_.node(operation, std::move(inputs), std::move(given)));
            return true;
        };
        if (kind == "Square") return of("Mul", {in(at, 0), in(at, 0)});
        if (kind == "Rsqrt") return of("Reciprocal", {to_.node("Sqrt", {in(at, 0)})});
        if (kind == "SquaredDifference") {
            const value_id difference = to_.node("Sub", {in(at, 0), in(at, 1)});
            return of("Mul", {difference, difference});
        }
        if (kind == "Relu6") return of("Clip", {in(at, 0), to_.number(0), to_.number(6)});
        if (kind == "LeakyRelu") return of("LeakyRelu", {in(at, 0)}, {{"alpha", number(at, "alpha", 0.2)}});
        if (kind == "Softmax" || kind == "LogSoftmax")
            return of(kind, {in(at, 0)}, {{"axis", std::int64_t{-1}}});
        if (kind == "Prelu") return of("PRelu", {in(at, 0), in(at, 1)});
        if (kind == "DivNoNan") {
            const value_id zero = to_.number(0);
            return of("Where",
                      {to_.node("Equal", {in(at, 1), zero}), zero, to_.node("Div", {in(at, 0), in(at, 1)})});
        }
        if (kind == "AddN") return of("Sum", all_in(at));
        if (kind == "BiasAdd") {
            channels_last(at);
            return of("Add", {in(at, 0), in(at, 1)});
        }
        if (kind == "Mean" || kind == "Sum" || kind == "Max" || kind == "Min" || kind == "Prod") {
            const std::int64_t keeps = truth(at, "keep_dims", false) ? 1 : 0;
            return of("Reduce" + kind, {in(at, 0), to_.wholes(fixed(at, 1))},
                      {{"keepdims", keeps}, {"noop_with_empty_axes", std::int64_t{1}}});
        }
        if (kind == "MatMul" || kind == "_FusedMatMul" || kind == "BatchMatMul" || kind == "BatchMatMulV2") {
            const bool batch = kind.starts_with("Batch");
            const bool turns[] = {truth(at, batch ? "adj_x" : "transpose_a", false),
                                  truth(at, batch ? "adj_y" : "transpose_b", false)};
            if (batch && (turns[0] || turns[1])) fail(place(at), "adj_x and adj_y false", "true");
            value_id parts[2];
            for (std::size_t k = 0; k < 2; ++k)
                parts[k] = turns[k] ? to_.transpose(in(at, k), {1, 0}) : in(at, k);
            give(at, fused(at, to_.node("MatMul", {parts[0], parts[1]}), 2));
            return true;
        }
        return false;
    }
    void channels_last(operation& at) const {
        if (const std::string order = text(at, "data_format", "NHWC"); order != "NHWC")
            fail(place(at), "data_format NHWC", order);
    }

    /// The operators that were joined to a product: channels last.
    value_id fused(operation& at, value_id x, std::size_t next) {
        const json* list = attribute_of(at, "fused_ops", "list");
        const json* all = list == nullptr ? nullptr : list->find("s");
        if (all == nullptr || all->list() == nullptr) return x;
        for (const json& one : *all->list()) {
            const std::string kind = one.text() == nullptr ? "" : decoded(*one.text());
            if (kind == "BiasAdd") {
                x = to_.node("Add", {x, in(at, next++)});
            } else if (kind == "Prelu") {
                x = to_.node("PRelu", {x, in(at, next++)});
            } else if (kind == "Relu6") {
                x = to_.node("Clip", {x, to_.number(0), to_.number(6)});
            } else if (kind == "LeakyRelu") {
                x = to_.node("LeakyRelu", {x}, {{"alpha", number(at, "leakyrelu_alpha", 0.2)}});
            } else if (kind == "Relu" || kind == "Elu" || kind == "Sigmoid" || kind == "Tanh") {
                x = to_.node(kind, {x});
            } else {
                fail(place(at), "fused operators BiasAdd, Relu, Relu6, LeakyRelu, Prelu, Elu, Sigmoid, Tanh",
                     "\"" + kind + "\"");
            }
        }
        (void)number(at, "leakyrelu_alpha", 0.2);
        (void)number(at, "epsilon", 0);
        return x;
    }

    /// Rows and columns of a list of four.
    sizes inner(operation& at, std::string_view name) const {
        const sizes all = wholes(at, name);
        if (all.empty()) return {1, 1};
        if (all.size() != 4 || all[0] != 1 || all[3] != 1)
            fail(place(at), std::string(name) + " 1, rows, columns, 1", shape_text(all));
        return {all[1], all[2]};
    }
    void pad(operation& at, attributes& to) const {
        const std::string padding = text(at, "padding", "VALID");
        const sizes given = wholes(at, "explicit_paddings");
        if (padding == "SAME")
            to["auto_pad"] = std::string("SAME_UPPER");
        else if (padding == "EXPLICIT" && given.size() == 8)
            to["pads"] = sizes{given[2], given[4], given[3], given[5]};
        else if (padding != "VALID")
            fail(place(at), "padding SAME, VALID or EXPLICIT", "\"" + padding + "\"");
    }
    weight filter(const operation& at) const {
        const weight* found = known(at, 1);
        if (found == nullptr || found->shape.size() != 4)
            fail(place(at), "a filter of four axes as a constant",
                 found == nullptr ? "a value" : shape_text(found->shape));
        return *found;
    }
    value_id last(value_id x) { return to_.channels_last({x, 4}).id; }
    value_id first(value_id x) { return to_.channels_first({x, 4}).id; }

    bool windows(operation& at) {
        const std::string& kind = at.kind;
        const bool depthwise = kind == "DepthwiseConv2dNative" || kind == "FusedDepthwiseConv2dNative";
        if (depthwise || kind == "Conv2D" || kind == "_FusedConv2D") {
            channels_last(at);
            attributes given{{"strides", inner(at, "strides")}, {"dilations", inner(at, "dilations")}};
            pad(at, given);
            weight kernel = filter(at);
            const std::int64_t channels = kernel.shape[2];
            kernel = depthwise ? keras::turned(kernel, {2, 3, 0, 1}) : keras::turned(kernel, {3, 2, 0, 1});
            if (depthwise) {
                kernel.shape[0] *= kernel.shape[1];
                kernel.shape[1] = 1;
                given["group"] = channels;
            }
            const value_id w =
                to_.constant(end_of(at.inputs[1]).first + "/kernel", kernel.shape, std::move(kernel.values));
            give(at, fused(at, last(to_.node("Conv", {first(in(at, 0)), w}, given)), 2));
            return true;
        }
        if (kind == "MaxPool" || kind == "AvgPool") {
            channels_last(at);
            attributes given{{"strides", inner(at, "strides")}, {"kernel_shape", inner(at, "ksize")}};
            pad(at, given);
            give(at,
                 last(to_.node(kind == "MaxPool" ? "MaxPool" : "AveragePool", {first(in(at, 0))}, given)));
            return true;
        }
        if (kind == "FusedBatchNorm" || kind == "FusedBatchNormV2" || kind == "FusedBatchNormV3") {
            channels_last(at);
            if (truth(at, "is_training", false)) fail(place(at), "is_training false", "true");
            give(at, last(to_.node("BatchNormalization",
                                   {first(in(at, 0)), in(at, 1), in(at, 2), in(at, 3), in(at, 4)},
                                   {{"epsilon", number(at, "epsilon", 1e-4)}})));
            return true;
        }
        if (kind == "ResizeBilinear" || kind == "ResizeNearestNeighbor") {
            const bool half = truth(at, "half_pixel_centers", false);
            const bool corners = truth(at, "align_corners", false);
            attributes given{{"axes", sizes{2, 3}},
                             {"mode", std::string(kind == "ResizeBilinear" ? "linear" : "nearest")},
                             {"coordinate_transformation_mode", std::string(corners ? "align_corners"
                                                                            : half  ? "half_pixel"
                                                                                    : "asymmetric")}};
            if (kind != "ResizeBilinear")
                given["nearest_mode"] = std::string(corners || half ? "round_prefer_ceil" : "floor");
            give(at, last(to_.node("Resize", {first(in(at, 0)), no_value, no_value, to_.wholes(fixed(at, 1))},
                                   given)));
            return true;
        }
        return false;
    }

    bool shapes(operation& at) {
        const std::string& kind = at.kind;
        const auto of = [&](const std::string& operation, std::vector<value_id> inputs,
                            attributes given = {}) {
            give(at, to_.node(operation, std::move(inputs), std::move(given)));
            return true;
        };
        if (kind == "Reshape" || kind == "Tile") return of(kind, {in(at, 0), in(at, 1)});
        if (kind == "Shape") return of("Shape", {in(at, 0)});
        if (kind == "ExpandDims") return of("Unsqueeze", {in(at, 0), to_.wholes(fixed(at, 1))});
        if (kind == "Squeeze") {
            const sizes axes = wholes(at, "squeeze_dims");
            return axes.empty() ? of("Squeeze", {in(at, 0)}) : of("Squeeze", {in(at, 0), to_.wholes(axes)});
        }
        if (kind == "Transpose") return of("Transpose", {in(at, 0)}, {{"perm", fixed(at, 1)}});
        if (kind == "ConcatV2") {
            const sizes axis = fixed(at, at.inputs.size() - 1);
            std::vector<value_id> inputs = all_in(at);
            inputs.pop_back();
            return of("Concat", inputs, {{"axis", axis.empty() ? 0 : axis[0]}});
        }
        if (kind == "Pack") {
            const std::int64_t axis = whole(at, "axis", 0);
            std::vector<value_id> parts;
            for (std::size_t k = 0; k < at.inputs.size(); ++k)
                parts.push_back(to_.node("Unsqueeze", {in(at, k), to_.wholes({axis})}));
            return of("Concat", parts, {{"axis", axis}});
        }
        if (kind == "Pad" || kind == "PadV2" || kind == "MirrorPad") {
            const sizes sides = fixed(at, 1);  // before and behind each axis
            sizes pads(sides.size());
            for (std::size_t k = 0; k < sides.size(); ++k)
                pads[k / 2 + (k % 2) * (sides.size() / 2)] = sides[k];
            std::string mode = "constant";
            if (kind == "MirrorPad") {
                if (const std::string given = text(at, "mode", ""); given != "REFLECT")
                    fail(place(at), "mode REFLECT", "\"" + given + "\"");
                mode = "reflect";
            }
            std::vector<value_id> inputs{in(at, 0), to_.wholes(pads)};
            if (kind == "PadV2") inputs.push_back(in(at, 2));
            return of("Pad", inputs, {{"mode", mode}});
        }
        if (kind == "GatherV2") {
            const sizes axis = fixed(at, 2);
            if (whole(at, "batch_dims", 0) != 0) fail(place(at), "batch_dims 0", "another");
            return of("Gather", {in(at, 0), in(at, 1)}, {{"axis", axis.empty() ? 0 : axis[0]}});
        }
        if (kind == "Cast") {
            const json* type = attribute_of(at, "DstT", "type");
            const std::string name = type != nullptr && type->text() != nullptr ? *type->text() : "";
            if (name != "DT_FLOAT" && name != "DT_INT32" && name != "DT_INT64" && name != "DT_BOOL")
                fail(place(at), "DstT DT_FLOAT, DT_INT32, DT_INT64 or DT_BOOL", name);
            return of("Cast", {in(at, 0)},
                      {{"to", std::int64_t{name == "DT_FLOAT"  ? 1
                                           : name == "DT_BOOL" ? 9
                                                               : 7}}});
        }
        if (kind == "Slice") {
            const sizes starts = fixed(at, 1);
            const sizes lengths = fixed(at, 2);
            if (starts.size() != lengths.size())
                fail(place(at), "a size for each start", std::to_string(lengths.size()));
            sizes ends;
            for (std::size_t k = 0; k < starts.size(); ++k)
                ends.push_back(lengths[k] < 0 ? largest : starts[k] + lengths[k]);
            return of("Slice", {in(at, 0), to_.wholes(starts), to_.wholes(ends)});
        }
        return kind == "StridedSlice" && strided_slice(at);
    }
    bool strided_slice(operation& at) {
        const sizes begin = fixed(at, 1);
        const sizes end = fixed(at, 2);
        const sizes step = fixed(at, 3);
        const std::int64_t begins = whole(at, "begin_mask", 0);
        const std::int64_t finish = whole(at, "end_mask", 0);
        const std::int64_t shrinks = whole(at, "shrink_axis_mask", 0);
        const auto mask = [](std::int64_t bits, std::size_t k) { return (bits >> k & 1) != 0; };
        const std::int64_t dots = whole(at, "ellipsis_mask", 0);
        const std::int64_t fresh = whole(at, "new_axis_mask", 0);
        if (begin.size() != end.size() || begin.size() != step.size() || begin.size() > 8)
            fail(place(at), "begin, end and strides of one size", "others");
        // Axes behind an ellipsis count from the end: of what is sliced, and of the result.
        std::int64_t axis = 0;
        std::int64_t result = 0;
        sizes starts;
        sizes ends;
        sizes axes;
        sizes steps;
        sizes gone;
        sizes added;
        for (std::size_t k = 0; k < begin.size(); ++k) {
            if (mask(dots, k)) {
                axis = result = 0;
                for (std::size_t later = k + 1; later < begin.size(); ++later) {
                    axis -= mask(fresh, later) ? 0 : 1;
                    result -= !mask(fresh, later) && mask(shrinks, later) ? 0 : 1;
                }
                continue;
            }
            if (mask(fresh, k)) {
                added.push_back(result++);
                continue;
            }
            const bool one = mask(shrinks, k);
            const bool back = step[k] < 0;
            axes.push_back(axis++);
            steps.push_back(one ? 1 : step[k]);
            starts.push_back(mask(begins, k) && !one ? (back ? largest : 0) : begin[k]);
            ends.push_back(one               ? (begin[k] == -1 ? largest : begin[k] + 1)
                           : mask(finish, k) ? (back ? std::numeric_limits<std::int64_t>::min() : largest)
                                             : end[k]);
            if (one)
                gone.push_back(axes.back());
            else
                ++result;
        }
        value_id y = in(at, 0);
        if (!axes.empty())
            y = to_.node("Slice",
                         {y, to_.wholes(starts), to_.wholes(ends), to_.wholes(axes), to_.wholes(steps)});
        if (!gone.empty()) y = to_.node("Squeeze", {y, to_.wholes(gone)});
        if (!added.empty()) y = to_.node("Unsqueeze", {y, to_.wholes(added)});
        if (y == in(at, 0)) y = to_.node("Identity", {y});
        give(at, y);
        return true;
    }

    void outputs(const json* signature) {
        const json* listed = signature == nullptr ? nullptr : signature->find("outputs");
        std::vector<std::string> names;
        if (listed != nullptr && listed->object() != nullptr) {
            for (const auto& [key, value] : *listed->object()) {
                const json* name = value.find("name");
                names.push_back(name != nullptr && name->text() != nullptr ? *name->text() : key);
            }
        } else {
            std::set<std::string> read;
            for (const operation& one : operations_)
                for (const std::string& input : one.inputs) read.insert(end_of(input).first);
            for (const operation& one : operations_)
                if (!read.contains(one.name) && values_.contains(one.name)) names.push_back(one.name);
        }
        for (const std::string& one : names) {
            const auto [name, number] = end_of(one);
            const auto found = values_.find(name);
            if (found == values_.end() || number >= found->second.size())
                fail(path_, "an output that a node makes", "\"" + one + "\"");
            made_.main.outputs.push_back(found->second[number]);
            to_.name_result(found->second[number], name);
        }
        if (made_.main.outputs.empty()) fail(path_, "an output", "none");
    }

    keras::weight_store& weights_;
    std::string path_;
    model made_;
    builder to_;
    std::vector<operation> operations_;
    std::map<std::string, std::size_t> by_name_, weight_of_;
    std::map<std::string, std::vector<value_id>> values_;
    std::map<std::string, constant_numbers> constants_;
    std::map<std::string, value_id> whole_values_;
};

}  // namespace

model read_tensorflow_graph(const json& topology, const json* signature, keras::weight_store& weights,
                            const std::string& path, const std::string& producer) {
    return reader(weights, path).read(topology, signature, producer);
}

}  // namespace archetype::graph
