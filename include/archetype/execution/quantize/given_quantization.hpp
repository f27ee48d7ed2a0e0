// SPDX-License-Identifier: BSL-1.0
/// @file given_quantization.hpp
/// A network in 8 bits whose scales, zero points and integers are given, as by a file of TensorFlow Lite.
#pragma once
#include <archetype/error.hpp>
#include <archetype/execution/quantize/quantized_model.hpp>

#include <array>
#include <map>
#include <optional>
#include <string>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What is given of one layer.
struct given_layer {
    /// What its results stand for. Not given: what its input does, or (of a convolution, a dense layer or a join) what the
    /// activation after it gives.
    std::optional<quantization> result;
    std::vector<std::int8_t> weights;  ///< in the order of the layer's kernel; symmetric, -127 to 127
    std::vector<float> scales;         ///< of the weights: one for each filter, or one for all
    std::vector<std::int32_t>
        biases;  ///< of each filter, in units of the input's scale times the filter's; may be left out
    std::vector<std::int8_t>
        table;  ///< of an activation: its results for -128 to 127; left out: the function, rounded
    /// Of an LSTM with `int8_states`, whose `scales` are of the gates of its kernel: one for each gate, column or all.
    std::vector<std::int8_t> recurrent_weights = {};
    std::vector<float> recurrent_scales = {};
    float state_scale = 0;  ///< of the long-term state: a power of two, 2^-15 to 1
    float state_clip = 0;   ///< what the long-term state stays within; 0: nothing
};

/// A network in 8 bits as it is given: layers by their path.
struct given_quantization {
    quantization input;
    std::map<std::string, given_layer, std::less<>> layers;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

[[noreturn]] inline void refuse_given(const std::string& where, const std::string& expected,
                                      const std::string& found) {
    throw detail::thrown<std::invalid_argument>("archetype::quantized_with: " + where + ": expected " +
                                                expected + ", found " + found);
}
inline std::string quantization_text(const quantization& q) {
    return "scale " + std::to_string(q.scale) + " and zero point " + std::to_string(q.zero_point);
}

/// "block/conv2d"
template <class Net>
std::string layer_path(std::size_t n) {
    const std::string label = layer_label<Net>(n);
    return label.substr(0, label.rfind(" ("));
}

/// The concatenation that the results of layer `n` are a part of, or `none`; a copy of a part is made for the concatenation
/// itself.
template <class Net>
constexpr std::size_t concatenation_of(std::size_t n) {
    constexpr const auto& facts = unchecked_facts<Net>;
    if (facts.nodes[n].joins == join_kind::concatenation) return n;
    for (std::size_t c = n; c < facts.node_count; ++c) {
        if (facts.nodes[c].joins != join_kind::concatenation) continue;
        for (std::size_t e = 0; e < facts.nodes[c].edge_count; ++e) {
            std::size_t from = facts.source(facts.nodes[c], e);
            while (from != none && from != n && facts.nodes[from].role == layer_role::alias)
                from = facts.source(facts.nodes[from], 0);
            if (from == n) return c;
        }
    }
    return none;
}

/// What is given, by the number of the layer; null where nothing is.
template <class Net>
struct given_layers {
    static constexpr const auto& facts = unchecked_facts<Net>;
    std::array<const given_layer*, facts.node_count + 1> layers{};

    explicit given_layers(const given_quantization& given) {
        check(given.input, "the input");
        std::map<std::string, std::size_t, std::less<>> numbers;
        for (std::size_t n = 0; n < facts.node_count; ++n) numbers[layer_path<Net>(n)] = n;
        for (const auto& [path, layer] : given.layers) {
            const auto found = numbers.find(path);
            if (found == numbers.end()) refuse_given("\"" + path + "\"", "a layer of the network", "none");
            if (layer.result) check(*layer.result, "\"" + path + "\"");
            if (!layer.table.empty() && layer.table.size() != 256)
                refuse_given("\"" + path + "\"", "256 results", std::to_string(layer.table.size()));
            layers[found->second] = &layer;
        }
    }
    static void check(const quantization& q, const std::string& where) {
        if (!(q.scale > 0) || !expression::is_finite(q.scale) || q.zero_point < -128 || q.zero_point > 127)
            refuse_given(where, "a scale above 0 and a zero point from -128 to 127", quantization_text(q));
    }

    const quantization* result(std::size_t n) const {
        return layers[n] != nullptr && layers[n]->result ? &*layers[n]->result : nullptr;
    }
    /// What the results of layer `anchor` with the activations from `first` to `last` behind it stand for: before a table
    /// that of the first that is given, otherwise of the last. They must be one, as nothing stands between them.
    quantization of(std::size_t anchor, std::size_t first, std::size_t last, bool before_table) const {
        const quantization* found = result(anchor);
        if (before_table && found != nullptr) return *found;
        for (std::size_t n = first; n < last; ++n) {
            const quantization* next = result(n);
            if (next == nullptr) continue;
            if (before_table) return *next;
            if (found != nullptr && *found != *next)
                refuse_given(layer_label<Net>(n),
                             "what its input has, " + quantization_text(*found) +
                                 " (another needs an `activation` with a table)",
                             quantization_text(*next));
            found = next;
        }
        if (found == nullptr) refuse_given(layer_label<Net>(anchor), "a given quantization", "none");
        return *found;
    }
    /// The results of activations; those of the last must be given, or they stand for what goes in.
    template <class Apply>
    std::vector<std::int8_t> table(std::size_t first, std::size_t last, const quantization& before,
                                   quantization& out, const Apply& apply) const {
        std::size_t given = 0;
        for (std::size_t n = first; n < last; ++n) {
            if (const quantization* next = result(n)) out = *next;
            given += layers[n] != nullptr && !layers[n]->table.empty() ? 1 : 0;
        }
        if (given == 0) return make_table(before, out, apply);
        if (given != last - first)
            refuse_given(layer_label<Net>(first), "a table of each activation in turn, or of none",
                         std::to_string(given) + " of " + std::to_string(last - first));
        std::vector<std::int8_t> made(256);
        for (std::size_t i = 0; i < made.size(); ++i) {
            int q = static_cast<int>(i) - 128;
            for (std::size_t n = first; n < last; ++n)
                q = layers[n]->table[static_cast<std::size_t>(q + 128)];
            made[i] = static_cast<std::int8_t>(q);
        }
        return made;
    }
};

/// What the form of a layer is made from when its integers are given (`integer_form::quantize`). Weights are integers.
template <class Step>
struct given_maker {
    using step = Step;
    using net = typename Step::network;
    static constexpr bool is_16_bit = false;
    const given_layers<net>& all;
    const quantization& given;
    quantized_step& made;

    const given_layer* own() const { return all.layers[Step::now.anchor]; }
    static std::string label() { return layer_label<net>(Step::now.anchor); }

    const quantization& input() const { return given; }
    quantization pooled() const {
        const quantization* said = all.result(Step::now.anchor);
        return said == nullptr ? given : *said;
    }
    quantization fixed(float scale, std::int32_t zero_point) const {
        const quantization always{scale, zero_point};
        if (const quantization* said = all.result(Step::now.anchor); said != nullptr && *said != always)
            refuse_given(label(), quantization_text(always), quantization_text(*said));
        return always;
    }
    quantization result() const {
        using form = integer_step<Step>;
        constexpr archetype::step now = Step::now;
        made.result = all.of(now.anchor, now.activation_first, now.activation_last, form::has_table);
        const bool rectified_late = form::rectifies && now.activation_first == now.activation_last;
        if (rectified_late)
            made.result = all.of(now.anchor, now.pool_activation_first, now.pool_activation_last, false);
        if (form::rectifies) made.minimum = made.result.zero_point;
        return made.result;
    }
    double weight(std::size_t i) const { return static_cast<double>(own()->weights[i]); }
    double bias(std::size_t f) const {
        return own()->biases.empty() ? 0.0 : static_cast<double>(own()->biases[f]);
    }
    template <class Weight, class Bias, class Place>
    void filters(std::size_t count, std::size_t taps, const Weight& weight, const Bias& bias,
                 const Place& place) const {
        if (own() == nullptr || own()->weights.size() != count * taps)
            refuse_given(label(), std::to_string(count * taps) + " weights",
                         std::to_string(own() == nullptr ? 0 : own()->weights.size()));
        const auto one_each = [&](const char* what, std::size_t found, std::size_t otherwise) {
            if (found != count && found != otherwise)
                refuse_given(label(), std::to_string(count) + " " + what, std::to_string(found));
        };
        one_each("scales", own()->scales.size(), 1);
        one_each("biases", own()->biases.size(), 0);
        const double step = static_cast<double>(made.result.scale);
        // The reference kernels of dense layers, but not those of convolutions, multiply one scale of all weights in single
        // precision.
        const bool is_single = own()->scales.size() == 1 && !Step::at.has_window;
        const auto factor_of = [&](float scale) {
            return is_single ? product(given.scale, scale)
                             : static_cast<double>(given.scale) * static_cast<double>(scale);
        };
        made.weights.resize(count * taps);
        for (std::size_t f = 0; f < count; ++f) {
            double sum = 0, high = bias(f), low = high;
            for (std::size_t tap = 0; tap < taps; ++tap) {
                const double q = weight(f, tap);
                made.weights[place(f, tap)] = static_cast<std::int8_t>(q);
                if (q == -128)  // a pair of weights is a halfword (weight_order::paired)
                    refuse_given(label(), "weights from -127 to 127", "-128 in filter " + std::to_string(f));
                sum += q;
                high += q * ((q > 0 ? 127 : -128) - given.zero_point);
                low += q * ((q > 0 ? -128 : 127) - given.zero_point);
            }
            const double folded = bias(f) - given.zero_point * sum;
            if (std::max({std::abs(folded), high, -low}) >= sum_limit<std::int8_t>)
                refuse_given(label(), "sums below 2^30 in filter " + std::to_string(f),
                             std::to_string(std::max({std::abs(folded), high, -low})));
            const float scale = own()->scales[own()->scales.size() == 1 ? 0 : f];
            if (!(scale > 0) || !expression::is_finite(scale))
                refuse_given(label(), "scales above 0", std::to_string(scale));
            made.channels.push_back(make_channel<kernels::int8_channel>(folded, factor_of(scale) / step));
        }
    }
    static std::pair<std::int32_t, std::int32_t> factor(double x) { return quantized_multiplier(x); }
    /// Of two scales, in single precision.
    static double product(float a, float b) { return static_cast<double>(a * b); }

    /// Rows of gates of an LSTM with `int8_states`.
    void gates(std::size_t columns, std::size_t count, const quantization& in, std::size_t tensor,
               bool) const {
        const bool is_recurrent = tensor == Step::layer::tensors.recurrent_kernel;
        if (own() == nullptr) refuse_given(label(), "weights of four gates", "none");
        const auto& weights = is_recurrent ? own()->recurrent_weights : own()->weights;
        const auto& scales = is_recurrent ? own()->recurrent_scales : own()->scales;
        const std::string which = is_recurrent ? " recurrent" : "";
        const auto count_of = [&](std::size_t found, std::size_t expected, const std::string& what) {
            if (found != expected)
                refuse_given(label(), std::to_string(expected) + which + what, std::to_string(found));
        };
        count_of(weights.size(), columns * count, " weights");
        if (scales.size() != 1 && scales.size() != 4) count_of(scales.size(), columns, " scales");
        if (!own()->biases.empty()) count_of(own()->biases.size(), columns, " biases");
        for (std::size_t column = 0; column < columns; ++column) {
            const double bias =
                is_recurrent || own()->biases.empty() ? 0.0 : static_cast<double>(own()->biases[column]);
            double sum = 0, reach = std::abs(bias);
            for (std::size_t i = 0; i < count; ++i) {
                const double q = static_cast<double>(weights[i * columns + column]);
                made.weights.push_back(weights[i * columns + column]);
                sum += q;
                reach += std::abs(q) * 255;
            }
            const float scale = scales[column * scales.size() / columns];
            if (!(scale > 0) || !expression::is_finite(scale))
                refuse_given(label(), "scales above 0", std::to_string(scale));
            if (reach >= sum_limit<std::int8_t>)
                refuse_given(label(), "sums below 2^30 in column " + std::to_string(column),
                             std::to_string(reach));
            made.channels.push_back(make_channel<kernels::int8_channel>(bias - in.zero_point * sum,
                                                                        product(in.scale, scale) * 4096));
        }
    }
    quantization states() const {
        const quantization* said = all.result(Step::now.anchor);
        if (said == nullptr) refuse_given(label(), "the quantization of its results", "none");
        return *said;
    }
    std::pair<std::int32_t, std::int32_t> long_term_state() const {
        int exponent = 0;
        const float scale = own()->state_scale, clip = own()->state_clip;
        if (!(scale > 0) || std::frexp(scale, &exponent) != 0.5f || exponent < -14 || exponent > 1)
            refuse_given(label(), "a long-term state whose scale is a power of two, 2^-15 to 1",
                         std::to_string(scale));
        if (!(clip >= 0)) refuse_given(label(), "a clip of at least 0", std::to_string(clip));
        const double limit = static_cast<double>(clip) / static_cast<double>(scale);
        return {1 - exponent, clip > 0 ? static_cast<std::int32_t>(std::min(limit, 32767.0)) : 32768};
    }
};

/// The network that is given, as the plan has it.
template <class Net>
quantized_network given_network(const given_quantization& given) {
    constexpr const auto& plan = inference_plan<Net>;
    constexpr const auto& nodes = unchecked_facts<Net>.nodes;
    const given_layers<Net> all(given);
    quantized_network network;
    network.values.resize(plan.value_count);
    network.steps.resize(plan.step_count);
    network.values[0] = given.input;
    const auto source = [&](std::size_t v) { return network.values[calibration<Net>::source_of(v)]; };
    const auto note = [&](std::size_t v, const quantization& q) {
        network.values[v] = q;
        for (; plan.values[v].is_part(); v = plan.values[v].whole) network.values[plan.values[v].whole] = q;
    };
    if (plan.values[0].is_part()) note(0, given.input);
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        using form = integer_step<Step>;
        constexpr step now = Step::now;
        constexpr layer_role role = nodes[now.anchor].role;
        quantized_step& made = network.steps[Step::index];
        const quantization in = source(now.from);
        quantization out = in;
        constexpr bool has_own = form::form::template filters<Step> != 0;
        if constexpr (!now.copies && !has_int8_states<typename Step::layer> &&
                      (role == layer_role::recurrent || form::form::is_calibrated ||
                       (!has_own && nodes[now.anchor].parameter_tensors != 0))) {
            refuse_given(layer_label<Net>(now.anchor), "a layer whose integers can be given",
                         "one that has them from calibration only");
        } else {
            out = form::form::quantize(given_maker<Step>{all, in, made});
        }
        constexpr bool is_own = !now.copies && role != layer_role::pointwise && role != layer_role::join;
        if constexpr (is_own && form::form::scale == integer_scale::of_input)
            if (const quantization* said = all.result(now.anchor)) out = *said;
        made.result = out;
        if constexpr (form::has_table) {
            const quantization before = out;
            if constexpr (now.activation_first == now.activation_last) {  // to the scale of a concatenation
                constexpr std::size_t whole = concatenation_of<Net>(now.anchor);
                if (whole != none && all.result(whole) != nullptr) out = *all.result(whole);
            }
            made.table = all.table(now.activation_first == none ? 0 : now.activation_first,
                                   now.activation_first == none ? 0 : now.activation_last, before, out,
                                   [](double x) { return Step::activations::apply(x); });
        }
        made.activated = out;
        if constexpr (form::joins) {
            const quantization other = source(plan.operands[now.operand_first]);
            const quantization sum =
                all.of(now.join, now.join_activation_first, now.join_activation_last, form::has_second_table);
            made.addition = make_addition(out, other, sum, form::sum_rectifies,
                                          form::joins_by == join_kind::mean ? 0.5 : 1.0);
            made.product = make_product(out, other, sum, form::sum_rectifies);
            made.joined = out = sum;
        }
        if constexpr (form::has_second_table) {
            constexpr std::size_t first = form::joins ? now.join_activation_first : now.pool_activation_first,
                                  last = form::joins ? now.join_activation_last : now.pool_activation_last;
            const quantization before = out;
            made.second_table = all.table(first, last, before, out, [](double x) {
                return form::joins ? Step::join_activations::apply(x) : Step::pool_activations::apply(x);
            });
        }
        note(now.to, out);
    });
    for (std::size_t v = 0; v < plan.value_count; ++v) {
        network.values[v] = source(v);
        if (plan.values[v].is_part() && network.values[v] != network.values[plan.values[v].whole])
            refuse_given("the parts of a concatenation",
                         "one quantization, " + quantization_text(network.values[plan.values[v].whole]),
                         quantization_text(network.values[v]));
    }
    return network;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The network in 8 bits with the given scales, zero points and integers, nothing calibrated: bit for bit what TensorFlow
/// Lite's reference kernels compute from the same numbers.
/// @throws std::invalid_argument if a path names no layer, something that is needed is not given, or cannot be had: the
///         scale of softmax is 1 / 256, parts of a concatenation have that of the whole, sums stay below 2^30
template <well_formed Net>
quantized_model<Net> quantized_with(const given_quantization& given) {
    using fault [[maybe_unused]] = typename detail::integer_report<Net, std::int8_t>::type::shown;
    return quantized_model<Net>(detail::given_network<Net>(given));
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
