// SPDX-License-Identifier: BSL-1.0
/// @file calibration.hpp
/// The ranges that the values of a network take on samples, and the 8-bit network that follows from them.
#pragma once
#include <archetype/execution/inference/inference_pass.hpp>
#include <archetype/execution/quantize/seen_range.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What a step's results range over: of the layer itself, after its activations, and after the pooling or the addition and
/// the activations after that.
struct step_ranges {
    seen_range plain, activated, last;
    seen_range state;  ///< the long-term state of an LSTM
};

template <class Net>
struct calibration {
    static constexpr const auto& plan = inference_plan<Net>;
    std::array<step_ranges, plan.step_count + 1> steps{};
    std::array<seen_range, plan.value_count> values{};  ///< a concatenation: of its parts, too
    enum class pass { ranges, histograms, values };
    pass current = pass::ranges;  ///< what `take` notes

    /// Runs one sample by the definition of each layer; returns its values.
    template <class T>
    std::array<std::vector<T>, plan.value_count> take(const T* folded, const T* sample) {
        std::array<std::vector<T>, plan.value_count> made;
        for (std::size_t v = 0; v < plan.value_count; ++v) made[v].resize(plan.values[v].extents.size());
        std::copy_n(sample, made[0].size(), made[0].begin());
        keep(made, 0);
        for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
            std::vector<T>& out = made[Step::now.to];
            step_ranges& ranges = steps[Step::index];
            const auto note = [&](seen_range& range, const std::vector<T>& numbers) {
                for (const T x : numbers) see(range, static_cast<double>(x));
            };
            constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
            std::vector<T> results(Step::result.size());
            if constexpr (Step::now.copies || Step::at.role == layer_role::join)
                results = made[Step::now.from];
            else if constexpr (is_int8_lstm<typename Step::layer>)
                lowering_of<Step>::template reference_observed<Step, T>(
                    made[Step::now.from].data(), results.data(), folded + own.weights, [&](const T* states) {
                        constexpr std::size_t units = Step::layer::units;
                        for (std::size_t u = 0; u < units; ++u)
                            if (current == pass::ranges)
                                ranges.state.take(static_cast<double>(states[units + u]));
                    });
            else
                lowering_of<Step>::template reference<Step, T>(made[Step::now.from].data(), results.data(),
                                                               folded + own.weights,
                                                               own.has_bias() ? folded + own.bias : nullptr);
            note(ranges.plain, results);
            for (T& x : results) x = Step::activations::apply(x);
            note(ranges.activated, results);
            if constexpr (Step::now.join != none)
                for (std::size_t i = 0; i < results.size(); ++i)
                    results[i] = Step::join_activations::apply(
                        results[i] + made[plan.operands[Step::now.operand_first]][i]);
            if constexpr (Step::now.pool != none) {
                using layer = boost::mp11::mp_at_c<layers_of<Net>, Step::now.pool>;
                constexpr const node& pool = unchecked_facts<Net>.nodes[Step::now.pool];
                using pooling = pooling_of<image_of(value{}, pool.input), image_of(value{}, pool.output)>;
                std::vector<T> pooled(pool.output.size());
                lowering<layer>::template reference<pooling, T>(results.data(), pooled.data(), nullptr,
                                                                nullptr);
                for (T& x : pooled) x = Step::pool_activations::apply(x);
                results = std::move(pooled);
            }
            note(ranges.last, results);
            out = std::move(results);
            keep(made, Step::now.to);
        });
        return made;
    }

    /// Calls `change(range)` for each range but those of states.
    template <class Change>
    void for_each_range(const Change& change) {
        for (step_ranges& ranges : steps)
            for (seen_range* range : {&ranges.plain, &ranges.activated, &ranges.last}) change(*range);
        for (seen_range& range : values) change(range);
    }

    /// The result has the given range, whatever was seen.
    void give_output(const seen_range& range) {
        for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
            if constexpr (Step::now.to == plan.outputs[0]) {
                steps[Step::index].last = range;
                if (!int8_step<Step>::has_second_table && !int8_step<Step>::joins)
                    steps[Step::index].activated = range;
            }
        });
        values[plan.outputs[0]] = range;
    }

    /// The quantization of a value that is as seen, or the one of the concatenation that it is a part of.
    template <class Number>
    quantization_to<Number> of(std::size_t v, const seen_range& range) const {
        return (plan.values[v].is_part() ? values[whole_of(v)] : range).template quantized<Number>();
    }
    static std::size_t whole_of(std::size_t v) {
        while (plan.values[v].is_part()) v = plan.values[v].whole;
        return v;
    }

private:
    void see(seen_range& range, double x) const {
        if (current == pass::ranges) range.take(x);
        if (current == pass::histograms) range.count(x);
    }
    /// Notes the range of a value and copies it into the concatenations that it is a part of.
    template <class T>
    void keep(std::array<std::vector<T>, plan.value_count>& made, std::size_t v) {
        for (;;) {
            const value& from = plan.values[v];
            for (const T x : made[v]) see(values[v], static_cast<double>(x));
            if (!from.is_part()) return;
            const value& to = plan.values[from.whole];
            const std::size_t channels = from.extents.channels();
            for (std::size_t i = 0; i < made[v].size(); ++i)
                made[from.whole][i / channels * to.extents.channels() + from.first_channel -
                                 to.first_channel + i % channels] = made[v][i];
            v = from.whole;
        }
    }
};

/// What the results of activations that end with layer `last - 1` stand for: as TensorFlow Lite demands of tanh and sigmoid,
/// else as seen.
template <class Number, class Net>
quantization_to<Number> activated_quantization(const calibration<Net>& seen, std::size_t last, std::size_t v,
                                               const seen_range& range) {
    const known_function function = unchecked_facts<Net>.nodes[last - 1].function;
    if (!inference_plan<Net>.values[v].is_part() && !range.is_given) {
        if (std::is_same_v<Number, std::int16_t> &&
            (function == known_function::tanh || function == known_function::sigmoid))
            return {1.f / 32768, 0};
        if (function == known_function::tanh) return {1.f / 128, 0};
        if (function == known_function::sigmoid) return {1.f / 256, -128};
    }
    return seen.template of<Number>(v, range);
}

/// The form of a network with the parameters `folded` whose activations are of type `Number`.
template <class Number, class Net, class T>
quantized_network_of<Number> quantize_network(const calibration<Net>& seen, const T* folded) {
    constexpr const auto& plan = inference_plan<Net>;
    using quantization = quantization_to<Number>;
    quantized_network_of<Number> network;
    network.values.resize(plan.value_count);
    network.steps.resize(plan.step_count);
    for (std::size_t v = 0; v < plan.value_count; ++v)
        network.values[v] = seen.values[v].template quantized<Number>();
    network.values[0] = seen.template of<Number>(0, seen.values[0]);
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        using form = int8_step<Step>;
        constexpr step now = Step::now;
        quantized_step_of<Number>& step = network.steps[Step::index];
        const step_ranges& ranges = seen.steps[Step::index];
        const quantization in = network.values[now.from];
        // What the results are before an addition are no value's.
        const auto of = [&](const seen_range& range) {
            return form::joins ? range.template quantized<Number>() : seen.template of<Number>(now.to, range);
        };
        quantization out = in;
        if constexpr (form::has_weights) {
            constexpr kernels::conv2d_geometry g = form::convolution;
            // A rectifier is part of the range, also one behind a pooling of maxima.
            const bool rectified_late = form::rectifies && now.activation_first == now.activation_last;
            step.result = form::has_table  ? ranges.plain.template quantized<Number>()
                          : rectified_late ? of(ranges.last)
                          : form::has_second_table && !form::joins
                              ? ranges.activated.template quantized<Number>()
                              : of(ranges.activated);
            if (form::rectifies) step.minimum = step.result.zero_point;
            constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
            const T *const weights = folded + own.weights, *const bias = folded + own.bias;
            constexpr std::size_t filters = g.out.channels,
                                  taps = Step::at.role == layer_role::normalization ? 1 : g.taps();
            quantize_filters(
                filters, taps, in, step,
                [&](std::size_t f, std::size_t tap) {
                    return static_cast<double>(weights[tap * filters + f]);
                },
                [&](std::size_t f) { return own.has_bias() ? static_cast<double>(bias[f]) : 0.0; },
                [](std::size_t f, std::size_t tap) {
                    return form::kind == int8_kind::depthwise && sizeof(Number) == 1 ? tap * filters + f
                                                                                     : f * taps + tap;
                });
            out = step.result;
        }
        if constexpr (form::kind == int8_kind::recurrent) {
            using layer = typename Step::layer;
            constexpr kernels::int8_recurrent_geometry g = form::recurrence;
            constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
            const auto tensor = [&](std::size_t i) {
                return folded + own.weights + inference_tensor_offset(Step::at, i);
            };
            const auto row = [&](std::size_t index) {
                return [&, index](std::size_t column, std::size_t i) {
                    return static_cast<double>(tensor(index)[i * g.columns() + column]);
                };
            };
            // The second bias belongs to the products with the state.
            const auto bias = [&](std::size_t first, bool is_there) {
                return [&, first, is_there](std::size_t column) {
                    return is_there ? static_cast<double>(tensor(layer::tensors.bias)[first + column]) : 0.0;
                };
            };
            quantize_gates(g.columns(), g.features(), in, step, row(layer::tensors.kernel),
                           bias(0, layer::has_bias));
            quantize_gates(g.columns(), g.units, quantization{1.f / 32768, 0}, step,
                           row(layer::tensors.recurrent_kernel), bias(g.columns(), layer::has_two_biases));
            if (g.is_lstm) step.state_power = power_of_two_of(ranges.state.low, ranges.state.high);
            out = {1.f / 128, 0};
        }
        if constexpr (form::kind == int8_kind::softmax) {
            step.powers = softmax_powers(in.scale);
            out = {1.f / 256, -128};
        }
        if constexpr (form::has_table) {
            const quantization before = out;
            if (now.activation_first == now.activation_last)
                out = seen.template of<Number>(now.to, ranges.activated);  // to the scale of a concatenation
            else if (form::joins || form::has_second_table)
                out = ranges.activated.template quantized<Number>();
            else
                out = activated_quantization<Number>(seen, now.activation_last, now.to, ranges.activated);
            step.table = make_table(before, out, [](double x) { return Step::activations::apply(x); });
        }
        if constexpr (form::joins) {
            const quantization other = network.values[plan.operands[now.operand_first]];
            // Before a table the sum has a scale of its own: that of the largest sum there can be.
            const auto reach = [](const quantization& q, int end) {
                return static_cast<double>(q.scale) * (end - q.zero_point);
            };
            const quantization sum = form::has_second_table
                                         ? quantization_of(reach(out, -128) + reach(other, -128),
                                                           reach(out, 127) + reach(other, 127))
                                         : seen.template of<Number>(now.to, ranges.last);
            step.addition = make_addition(out, other, sum, form::sum_rectifies);
            out = sum;
        }
        if constexpr (form::has_second_table) {
            constexpr std::size_t last = form::joins ? now.join_activation_last : now.pool_activation_last;
            const quantization before = out;
            out = activated_quantization<Number>(seen, last, now.to, ranges.last);
            step.second_table = make_table(before, out, [](double x) {
                return form::joins ? Step::join_activations::apply(x) : Step::pool_activations::apply(x);
            });
        }
        network.values[now.to] = out;
    });
    return network;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
