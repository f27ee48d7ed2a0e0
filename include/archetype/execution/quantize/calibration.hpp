// SPDX-License-Identifier: BSL-1.0
/// @file calibration.hpp
/// The ranges that the values of a network take on samples, and the 8-bit network that follows from them.
#pragma once
#include <archetype/execution/inference/inference_pass.hpp>
#include <archetype/execution/quantize/seen_range.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What a step's results range over: of the layer itself, after its activations, and after the pooling or the addition and
/// the activations after that.
struct step_ranges {
    seen_range plain, activated, last;
    seen_range state;  ///< of what the layer keeps inside
};

template <class Net>
struct calibration {
    static constexpr const auto& plan = inference_plan<Net>;
    std::array<step_ranges, plan.step_count + 1> steps{};
    std::array<seen_range, plan.value_count> values{};  ///< a concatenation: of its parts, too
    enum class pass { ranges, histograms, values };
    pass current = pass::ranges;  ///< what `take` notes

    /// Runs one sample by the definition of each layer; returns its values as `reference_offsets` has them.
    template <class T>
    std::vector<T> take(const T* folded, const T* sample) {
        std::vector<T> made(reference_offsets<Net>.back()), room(reference_room<Net>);
        std::copy_n(sample, plan.values[0].extents.size(), made.begin());
        const reference_pass<Net, T, calibration> run(folded, made.data(), room.data(), *this);
        run.give(0);
        run_plan<Net, purpose::inference>(run);
        return made;
    }

    // The observer of that pass.
    template <class Step, class T>
    void run_layer(const T* in, T* out, const T* weights, const T* bias) {
        integer_form_of<Step>::template reference<Step, T>(in, out, weights, bias, [&](const T& x) {
            if (current == pass::ranges) steps[Step::index].state.take(static_cast<double>(x));
        });
    }
    template <class Step, reference_stage Stage, class T>
    void see_results(const T* first, std::size_t count) {
        step_ranges& ranges = steps[Step::index];
        see(Stage == reference_stage::plain       ? ranges.plain
            : Stage == reference_stage::activated ? ranges.activated
                                                  : ranges.last,
            first, count);
    }
    template <class T>
    void see_value(std::size_t v, const T* first) {
        see(values[v], first, plan.values[v].extents.size());
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
                if (!integer_step<Step>::has_second_table && !integer_step<Step>::joins)
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
    /// The value that a slice is one of.
    static std::size_t source_of(std::size_t v) {
        while (plan.values[v].is_view()) v = plan.values[v].view_of;
        return v;
    }

private:
    template <class T>
    void see(seen_range& range, const T* first, std::size_t count) const {
        for (std::size_t i = 0; i < count; ++i) {
            const double x = static_cast<double>(first[i]);
            if (current == pass::ranges) range.take(x);
            if (current == pass::histograms) range.count(x);
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

/// What the form of a layer is made from (`integer_form::quantize`): what calibration saw, and real weights.
template <class Number, class Step, class T>
struct integer_maker : maker_arithmetic {
    using step = Step;
    using net = typename Step::network;
    static constexpr bool is_16_bit = sizeof(Number) == 2;
    static constexpr step_weights own = inference_weights_of<net>.steps[Step::index];
    const calibration<net>& seen;
    const T* folded;
    const quantization_to<Number>& given;
    quantized_step_of<Number>& made;

    /// What the numbers of the layer's input stand for.
    const quantization_to<Number>& input() const { return given; }
    /// What the results of a mean stand for.
    const quantization_to<Number>& pooled() const { return given; }
    static quantization_to<Number> fixed(float scale, std::int32_t zero_point) { return {scale, zero_point}; }
    /// What results stand for by the ranges that were seen. Notes it, and the least result of a rectifier.
    quantization_to<Number> result() const {
        using form = integer_step<Step>;
        constexpr archetype::step now = Step::now;
        const step_ranges& ranges = seen.steps[Step::index];
        // What the results are before an addition are no value's.
        const auto of = [&](const seen_range& range) {
            return form::joins ? range.template quantized<Number>() : seen.template of<Number>(now.to, range);
        };
        // A rectifier is part of the range, also one behind a pooling of maxima.
        const bool rectified_late = form::rectifies && now.activation_first == now.activation_last;
        made.result = form::has_table                          ? ranges.plain.template quantized<Number>()
                      : rectified_late                         ? of(ranges.last)
                      : form::has_second_table && !form::joins ? ranges.activated.template quantized<Number>()
                                                               : of(ranges.activated);
        if (form::rectifies) made.minimum = made.result.zero_point;
        return made.result;
    }
    /// The range of what the layer keeps inside.
    const seen_range& state() const { return seen.steps[Step::index].state; }

    /// Element `i` of the layer's weights as inference has them; the bias of a filter, 0 without.
    double weight(std::size_t i) const { return static_cast<double>(folded[own.weights + i]); }
    double bias(std::size_t f) const {
        return own.has_bias() ? static_cast<double>(folded[own.bias + f]) : 0.0;
    }
    /// Quantizes filters, each with its scale, to sums that are results (`quantize_filters`).
    template <class Weight, class Bias, class Place>
    void filters(std::size_t count, std::size_t taps, const Weight& weight, const Bias& bias,
                 const Place& place) const {
        quantize_filters(count, taps, given, made, weight, bias, place, sum_contents::bias_and_products,
                         !is_16_bit && count == 1 && !Step::at.has_window);
    }
    /// Appends rows whose sums have 12 bits after the point (`quantize_gates`).
    template <class Weight, class Bias>
    void rows(std::size_t columns, std::size_t count, const quantization_to<Number>& in, const Weight& weight,
              const Bias& bias) const {
        quantize_gates(columns, count, in, made, weight, bias);
    }
    /// Rows of gates of an LSTM with `int8_states`: of one of its tensors, with its bias if there is one.
    void gates(std::size_t columns, std::size_t count, const quantization_to<Number>& in, std::size_t tensor,
               bool has_bias) const {
        using layer = typename Step::layer;
        const std::size_t first = inference_tensor_offset(Step::at, tensor);
        const bool is_recurrent = tensor == layer::tensors.recurrent_kernel;
        const std::size_t bias = layer::has_bias ? inference_tensor_offset(Step::at, layer::tensors.bias) +
                                                       (is_recurrent ? columns : 0)
                                                 : 0;
        rows(
            columns, count, in,
            [&](std::size_t column, std::size_t i) { return weight(first + i * columns + column); },
            [&](std::size_t column) { return layer::has_bias && has_bias ? weight(bias + column) : 0.0; });
    }
    /// What its results stand for: they lie between -1 and 1.
    quantization_to<Number> states() const {
        if constexpr (calibration<net>::plan.values[Step::now.to].is_part())
            return seen.template of<Number>(Step::now.to, seen.values[Step::now.to]);
        return {1.f / 128, 0};
    }
    /// Bits after the point of its long-term state, and where it is clipped.
    std::pair<std::int32_t, std::int32_t> long_term_state() const {
        return {15 - power_of_two_of(state().low, state().high), 32768};
    }
    /// The numbers of a join of the input with a constant that stands for `own`.
    void join(join_kind joins, const quantization& own, const quantization& out) const {
        made.numbers = words_of_join(joins, given, own, out);
    }
    static std::vector<double> results_of_zeros() { return detail::results_of_zeros<Step>(); }
};

/// The form of a network with the parameters `folded` whose activations are of type `Number`.
template <class Number, class Net, class T>
quantized_network_of<Number> quantize_network(const calibration<Net>& seen, const T* folded) {
    constexpr const auto& plan = inference_plan<Net>;
    using quantization = quantization_to<Number>;
    quantized_network_of<Number> network;
    network.values.resize(plan.value_count);
    network.steps.resize(plan.step_count);
    for (std::size_t v = 0; v < plan.value_count; ++v)
        network.values[v] = seen.template of<Number>(v, seen.values[v]);  // a concatenation in another, too
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        using form = integer_step<Step>;
        constexpr step now = Step::now;
        quantized_step_of<Number>& step = network.steps[Step::index];
        const step_ranges& ranges = seen.steps[Step::index];
        const quantization in = network.values[calibration<Net>::source_of(now.from)];
        quantization out = in;
        if constexpr (sizeof(Number) == 1 || form::form::has_16_bits)
            out = form::form::quantize(integer_maker<Number, Step, T>{{}, seen, folded, in, step});
        step.result = out;
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
        step.activated = out;
        if constexpr (form::joins) {
            const quantization other =
                network.values[calibration<Net>::source_of(plan.operands[now.operand_first])];
            // Before a table the result has a scale of its own: that of all results there can be.
            const quantization sum = form::has_second_table
                                         ? quantization_of_join(form::joins_by, now.join_position, out, other)
                                         : seen.template of<Number>(now.to, ranges.last);
            step.addition = make_addition(out, other, sum, form::sum_rectifies,
                                          form::joins_by == join_kind::mean ? 0.5 : 1.0);
            step.product = make_product(out, other, sum, form::sum_rectifies);
            step.joined = out = sum;
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
    for (std::size_t v = 0; v < plan.value_count; ++v)
        network.values[v] = network.values[calibration<Net>::source_of(v)];
    return network;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
