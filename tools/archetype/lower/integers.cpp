// SPDX-License-Identifier: BSL-1.0
#include "integers.hpp"

#include <archetype/data/file_error.hpp>

#include <algorithm>
#include <cmath>

namespace archetype::lower {

namespace {

using evaluate::array;
using graph::value_id;

bool is_contraction(const layer& one) {
    return one.type == "conv2d" || one.type == "conv1d" || one.type == "depthwise_conv2d" ||
           one.type == "depthwise_conv1d" || one.type == "dense";
}

/// The node among those that a layer stands for which `is_it`; null if there is none or several.
template <class Is>
const graph::node* source_of(const layer& of, const graph::model& file, const Is& is_it) {
    const graph::node* found = nullptr;
    for (const std::size_t source : of.sources) {
        if (source >= file.main.nodes.size() || !is_it(file.main.nodes[source])) continue;
        if (found != nullptr) return nullptr;
        found = &file.main.nodes[source];
    }
    return found;
}

class integers {
public:
    integers(network& net, const graph::model& file) : net_(net), file_(file) {}

    std::vector<layer_integers> run() {
        made_.resize(net_.layers.size());
        for (std::size_t k = 0; k < net_.layers.size(); ++k) {
            layer& one = net_.layers[k];
            if (one.value) made_[k].result = rewrite::byte_scale_of(file_, *one.value);
            if (is_contraction(one))
                contraction(one, made_[k]);
            else if (!one.tensors.empty())
                fail(one, "weights of convolutions and dense layers only", one.type);
            else if (one.kind == layer::kinds::plain)
                activation(one, made_[k]);
        }
        return std::move(made_);
    }

private:
    [[noreturn]] void fail(const layer& at, const std::string& expected, const std::string& found) const {
        throw file_error({file_.path + ", layer " + at.type + " \"" + at.name + "\"", expected, found});
    }

    void contraction(const layer& one, layer_integers& to) const {
        const graph::node* node = source_of(one, file_, [](const graph::node& from) {
            return from.operation == "CONV_2D" || from.operation == "DEPTHWISE_CONV_2D" ||
                   from.operation == "FULLY_CONNECTED";
        });
        if (node == nullptr) fail(one, "one operator with weights", "none or several");
        const auto& weights = file_.values[node->inputs[1]].quantized;
        const double unit = file_.values[node->inputs[0]].quantized->scales[0];
        const std::vector<float>& kernel = one.tensors[0].numbers;
        const auto filters = static_cast<std::size_t>(one.tensors.size() > 1 ? one.tensors[1].numbers.size()
                                                                             : one.shape.back());
        for (const double scale : weights->scales) to.scales.push_back(static_cast<float>(scale));
        if (to.scales.size() != 1 && to.scales.size() != filters)
            fail(one, std::to_string(filters) + " scales", std::to_string(to.scales.size()));
        const auto scale_of = [&](std::size_t f) { return weights->scales[to.scales.size() == 1 ? 0 : f]; };
        for (std::size_t i = 0; i < kernel.size(); ++i) {
            const double exact = static_cast<double>(kernel[i]) / scale_of(i % filters);
            const double whole = std::round(exact);
            if (std::abs(exact - whole) > 0.01 || std::abs(whole) > 127)
                fail(one, "weights that are integers from -127 to 127", std::to_string(exact));
            to.weights.push_back(static_cast<std::int8_t>(whole));
        }
        if (one.tensors.size() < 2) return;
        // Singles have 24 bits: a larger bias is the one of the file that is nearest.
        std::vector<std::int64_t> all{0};
        if (node->inputs.size() > 2 && node->inputs[2] != graph::no_value) {
            const auto own = evaluate::array_of(*file_.values[node->inputs[2]].constant).as_wholes();
            all.insert(all.end(), own.begin(), own.end());
        }
        std::sort(all.begin(), all.end());
        for (std::size_t f = 0; f < filters; ++f) {
            const double exact = static_cast<double>(one.tensors[1].numbers[f]) / (unit * scale_of(f));
            const auto above = std::lower_bound(all.begin(), all.end(), exact, [](std::int64_t a, double b) {
                return static_cast<double>(a) < b;
            });
            std::int64_t nearest = above == all.end() ? all.back() : *above;
            if (above != all.begin() && std::abs(static_cast<double>(*(above - 1)) - exact) <
                                            std::abs(static_cast<double>(nearest) - exact))
                nearest = *(above - 1);
            if (std::abs(static_cast<double>(nearest) - exact) > 0.01 + 1e-6 * std::abs(exact))
                fail(one, "biases that are the file's integers", std::to_string(exact));
            to.biases.push_back(static_cast<std::int32_t>(nearest));
        }
    }

    /// Results for all integers of the input.
    std::vector<std::int8_t> results_of(const graph::node& node) const {
        graph::model alone;
        alone.path = file_.path;
        alone.versions = file_.versions;
        graph::node copy = node;
        copy.inputs = {0};
        copy.outputs = {1};
        for (const value_id id : {node.inputs[0], node.outputs[0]}) {
            alone.values.push_back(file_.values[id]);
            alone.values.back().shape.emplace();
            alone.values.back().shape->push_back({256, ""});
        }
        alone.values[0].name = "x";
        alone.values[1].name = "y";
        alone.main.inputs = {0};
        alone.main.outputs = {1};
        alone.main.nodes.push_back(std::move(copy));
        const auto first = [](const graph::value& of) {
            return of.type == graph::element_type::uint8 ? 0 : -128;
        };
        evaluate::wholes all;
        for (int q = 0; q < 256; ++q) all.push_back(q + first(alone.values[0]));
        evaluate::evaluator evaluator(alone);
        const auto results = evaluator.run({{"x", array(alone.values[0].type, {256}, std::move(all))}});
        std::vector<std::int8_t> made;
        for (const std::int64_t q : results[0].tensor.as_wholes())
            made.push_back(static_cast<std::int8_t>(q - first(alone.values[1]) - 128));
        return made;
    }
    /// What a fused activation leaves of the operator's results.
    std::vector<std::int8_t> clamped(const layer& one, const std::string& name,
                                     const rewrite::byte_scale& by) const {
        const auto integer = [&](double real) {
            return static_cast<double>(by.zero) + std::round(std::clamp(real / by.scale, -1e6, 1e6));
        };
        double least = -128;
        double most = 127;
        if (name == "RELU" || name == "RELU6") least = std::max(least, integer(0));
        if (name == "RELU6") most = std::min(most, integer(6));
        if (name == "RELU_N1_TO_1") least = std::max(least, integer(-1)), most = std::min(most, integer(1));
        if (name != "RELU" && name != "RELU6" && name != "RELU_N1_TO_1")
            fail(one, "a fused activation RELU, RELU6 or RELU_N1_TO_1", name);
        std::vector<std::int8_t> made;
        for (int q = -128; q < 128; ++q)
            made.push_back(static_cast<std::int8_t>(std::clamp<double>(q, least, most)));
        return made;
    }

    void activation(layer& one, layer_integers& to) const {
        static const std::set<std::string, std::less<>> alone{
            "RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH", "LEAKY_RELU", "QUANTIZE"};
        static const std::set<std::string, std::less<>> types{"relu", "relu6",      "hard_tanh", "sigmoid",
                                                              "tanh", "leaky_relu", "activation"};
        if (one.type == "reduce_mean") fail(one, "means over whole images or sequences in 8 bits", "another");
        if (!types.contains(one.type)) return;
        if (!to.result || one.sources.size() != 1)
            fail(one, "an activation of one operator", std::to_string(one.sources.size()));
        const graph::node& node = file_.main.nodes.at(*one.sources.begin());
        if (!alone.contains(node.operation)) {
            to.table = clamped(one, rewrite::text_of(node, "fused_activation_function", "NONE"), *to.result);
            return;
        }
        to.table = results_of(node);
        if (one.type != "relu" || rewrite::byte_scale_of(file_, node.inputs[0]) == to.result) return;
        one.type = "activation";
        one.formula = "max(x, 0.0)";
    }

    network& net_;
    const graph::model& file_;
    std::vector<layer_integers> made_;
};

}  // namespace

std::vector<layer_integers> integers_of(network& net, const graph::model& file) {
    return integers(net, file).run();
}

}  // namespace archetype::lower
