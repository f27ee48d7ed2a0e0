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

/// Nodes in real numbers between a DEQUANTIZE and a QUANTIZE: a function of one value.
struct function {
    const graph::node* last = nullptr;      ///< the QUANTIZE
    std::vector<const graph::node*> nodes;  ///< in the order of the file, with both ends
};

class integers {
public:
    integers(network& net, const graph::model& file) : net_(net), file_(file) {
        for (std::size_t k = 0; k < net.layers.size(); ++k)
            if (const graph::node* const last = end_of(net.layers[k])) ends_[last] = k;
    }

    std::vector<layer_integers> run() {
        made_.resize(net_.layers.size());
        for (std::size_t k = 0; k < net_.layers.size(); ++k) {
            layer& one = net_.layers[k];
            if (one.value) made_[k].result = rewrite::byte_scale_of(file_, *one.value);
            if (is_contraction(one))
                contraction(one, made_[k]);
            else if (one.type == "lstm")
                lstm(one, made_[k]);
            else if (!one.tensors.empty())
                fail(one, "weights of convolutions, dense layers and LSTM only", one.type);
            else if (end_of(one) != nullptr)
                part_of_function(k, made_[k]);
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
        for (const double scale : weights->scales) {
            if (!(scale > 0) || !std::isfinite(scale)) fail(one, "scales above 0", std::to_string(scale));
            to.scales.push_back(static_cast<float>(scale));
        }
        if (to.scales.size() != 1 && to.scales.size() != filters)
            fail(one, std::to_string(filters) + " scales", std::to_string(to.scales.size()));
        const auto scale_of = [&](std::size_t f) { return weights->scales[to.scales.size() == 1 ? 0 : f]; };
        for (std::size_t i = 0; i < kernel.size(); ++i) {
            const double exact = static_cast<double>(kernel[i]) / scale_of(i % filters);
            const double whole = std::round(exact);
            if (!(std::abs(exact - whole) <= 0.01 && std::abs(whole) <= 127))
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
            if (!(std::abs(static_cast<double>(nearest) - exact) <= 0.01 + 1e-6 * std::abs(exact)))
                fail(one, "biases that are the file's integers", std::to_string(exact));
            to.biases.push_back(static_cast<std::int32_t>(nearest));
        }
    }

    /// An integer of the file, of the real number that it stands for.
    std::int8_t weight_of(const layer& one, double real, double scale) const {
        const double exact = real / scale;
        const double whole = std::round(exact);
        if (!(std::abs(exact - whole) <= 0.01 && whole >= -128 && whole <= 127))
            fail(one, "weights that are integers from -128 to 127", std::to_string(exact));
        return static_cast<std::int8_t>(whole);
    }
    void lstm(const layer& one, layer_integers& to) const {
        const graph::node* node = source_of(one, file_, [](const graph::node& from) {
            return from.operation == "UNIDIRECTIONAL_SEQUENCE_LSTM";
        });
        if (node == nullptr) fail(one, "one fused LSTM", "none or several");
        const auto scale_of = [&](std::size_t input) {
            return file_.values[node->inputs.at(input)].quantized->scales.at(0);
        };
        for (std::size_t gate = 0; gate < 4; ++gate) {
            to.scales.push_back(static_cast<float>(scale_of(1 + gate)));
            to.recurrent_scales.push_back(static_cast<float>(scale_of(5 + gate)));
            const array biases = evaluate::array_of(*file_.values[node->inputs[12 + gate]].constant);
            for (const std::int64_t bias : biases.as_wholes())
                to.biases.push_back(static_cast<std::int32_t>(bias));
        }
        const auto columns = static_cast<std::size_t>(one.tensors[0].shape[1]);
        const auto integers_of = [&](const tensor& from, const std::vector<float>& scales) {
            std::vector<std::int8_t> made;
            const std::vector<float>& numbers = from.numbers;
            for (std::size_t i = 0; i < numbers.size(); ++i)
                made.push_back(weight_of(one, static_cast<double>(numbers[i]),
                                         static_cast<double>(scales[i % columns * 4 / columns])));
            return made;
        };
        to.weights = integers_of(one.tensors[0], to.scales);
        to.recurrent_weights = integers_of(one.tensors[1], to.recurrent_scales);
        to.state_scale = static_cast<float>(scale_of(19));
        to.state_clip = static_cast<float>(rewrite::number_of(*node, "cell_clip", 0));
    }

    /// The QUANTIZE behind the nodes in real numbers that a layer stands for, if it stands for some between integers.
    const graph::node* end_of(const layer& one) const {
        for (const std::size_t source : one.sources) {
            if (source >= file_.main.nodes.size() || !file_.main.nodes[source].domain.empty()) continue;
            std::set<value_id> made(file_.main.nodes[source].outputs.begin(),
                                    file_.main.nodes[source].outputs.end());
            for (std::size_t k = source + 1; k < file_.main.nodes.size(); ++k) {
                const graph::node& node = file_.main.nodes[k];
                const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(),
                                               [&](value_id id) { return made.contains(id); });
                if (!reads) continue;
                if (node.operation == "QUANTIZE") return &node;
                made.insert(node.outputs.begin(), node.outputs.end());
            }
        }
        return nullptr;
    }
    function function_before(const graph::node& last) const {
        function made{&last, {}};
        std::set<value_id> wanted{last.outputs[0]};
        for (std::size_t k = file_.main.nodes.size(); k-- > 0;) {
            const graph::node& node = file_.main.nodes[k];
            if (!wanted.contains(node.outputs.at(0))) continue;
            made.nodes.insert(made.nodes.begin(), &node);
            if (node.operation == "DEQUANTIZE") continue;
            for (const value_id id : node.inputs)
                if (id != graph::no_value && !file_.values[id].constant) wanted.insert(id);
        }
        return made;
    }
    void part_of_function(std::size_t k, layer_integers& to) const {
        layer& one = net_.layers[k];
        const graph::node* const last = end_of(one);
        const function all = function_before(*last);
        if (one.kind != layer::kinds::plain || all.nodes.front()->operation != "DEQUANTIZE")
            fail(one, "functions of one value that layers compute", "a join within one");
        to.result.reset();
        if (ends_.at(last) != k) {  // results are those of the whole function
            for (int q = -128; q < 128; ++q) to.table.push_back(static_cast<std::int8_t>(q));
            return;
        }
        to.result = rewrite::byte_scale_of(file_, last->outputs[0]);
        to.table = results_of(all.nodes, all.nodes.front()->inputs[0], last->outputs[0]);
        as_table(one, rewrite::byte_scale_of(file_, all.nodes.front()->inputs[0]) != to.result);
    }
    /// A rectifier takes no table.
    static void as_table(layer& one, bool changes) {
        if (one.type != "relu" || !changes) return;
        one.type = "activation";
        one.formula = "max(x, 0.0)";
    }

    /// Results for all integers of the input of nodes that compute each element from one.
    std::vector<std::int8_t> results_of(const std::vector<const graph::node*>& nodes, value_id from,
                                        value_id to) const {
        graph::model alone;
        alone.path = file_.path;
        alone.versions = file_.versions;
        alone.values = file_.values;
        for (const graph::node* const node : nodes) {
            alone.main.nodes.push_back(*node);
            for (const value_id id : node->outputs) alone.values[id].shape = {{{256, ""}}};
        }
        alone.values[from].shape = {{{256, ""}}};
        alone.values[from].name = "x";
        alone.main.inputs = {from};
        alone.main.outputs = {to};
        const auto first = [](const graph::value& of) {
            return of.type == graph::element_type::uint8 ? 0 : -128;
        };
        evaluate::wholes all;
        for (int q = 0; q < 256; ++q) all.push_back(q + first(alone.values[from]));
        evaluate::settings exact;
        exact.float64 = true;
        evaluate::evaluator evaluator(alone, exact);
        const auto results = evaluator.run({{"x", array(alone.values[from].type, {256}, std::move(all))}});
        std::vector<std::int8_t> made;
        for (const std::int64_t q : results[0].tensor.as_wholes())
            made.push_back(static_cast<std::int8_t>(q - first(alone.values[to]) - 128));
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
        const graph::node* const own = source_of(one, file_, [](const graph::node& from) {
            return from.domain == "archetype" && from.operation == "ReduceMean";
        });
        // Channels are summed otherwise, and so are all cells of a sequence.
        const bool is_along = one.type == "reduce_mean" && one.arguments.size() == 1 &&
                              one.arguments[0] != std::to_string(one.shape.size() + 1);
        if (own != nullptr
                ? !is_along && (one.type == "reduce_mean" || one.type.find("_pool") != std::string::npos)
                : one.type == "reduce_mean")
            fail(one, "means over whole images or sequences in 8 bits, or over rows or columns", "another");
        if (!types.contains(one.type)) return;
        if (!to.result || one.sources.size() != 1)
            fail(one, "an activation of one operator", std::to_string(one.sources.size()));
        const graph::node& node = file_.main.nodes.at(*one.sources.begin());
        if (!alone.contains(node.operation)) {
            to.table = clamped(one, rewrite::text_of(node, "fused_activation_function", "NONE"), *to.result);
            return;
        }
        to.table = results_of({&node}, node.inputs[0], node.outputs[0]);
        as_table(one, rewrite::byte_scale_of(file_, node.inputs[0]) != to.result);
    }

    network& net_;
    const graph::model& file_;
    std::vector<layer_integers> made_;
    std::map<const graph::node*, std::size_t> ends_;  ///< of functions: the last of their layers
};

}  // namespace

std::vector<layer_integers> integers_of(network& net, const graph::model& file) {
    return integers(net, file).run();
}

}  // namespace archetype::lower
