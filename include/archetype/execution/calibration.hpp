// SPDX-License-Identifier: BSL-1.0
/// @file calibration.hpp
/// The ranges that the values of a network take on samples, and the 8-bit network that follows from them.
#pragma once
#include <archetype/execution/inference_pass.hpp>
#include <archetype/execution/quantized_network.hpp>

#include <limits>

namespace archetype::detail {

/// The smallest and the largest number seen.
struct seen_range {
    double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
    void take(double x) {
        low = std::min(low, x);
        high = std::max(high, x);
    }
    quantization quantized() const { return low <= high ? quantization_of(low, high) : quantization{}; }
};

/// What a step's results range over: of the layer itself, after its activations, after the pooling and those after it.
struct step_ranges {
    seen_range plain, activated, pooled;
};

template <class Net>
struct calibration {
    std::array<step_ranges, inference_plan<Net>.step_count + 1> steps{};
    seen_range input;

    /// Runs one sample by the definition of each layer.
    template <class T>
    void take(const T* folded, const T* sample) {
        constexpr const auto& facts = unchecked_facts<Net>;
        std::array<std::vector<T>, inference_plan<Net>.value_count> made;
        made[0].assign(sample, sample + facts.input.size());
        for (const T x : made[0]) input.take(static_cast<double>(x));
        for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
            const std::vector<T>& in = made[Step::now.from];
            std::vector<T>& out = made[Step::now.to];
            if constexpr (Step::now.copies) {
                out = in;
            } else {
                step_ranges& ranges = steps[Step::index];
                const auto note = [](seen_range& range, const std::vector<T>& numbers) {
                    for (const T x : numbers) range.take(static_cast<double>(x));
                };
                constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
                out.resize(Step::at.output.size());
                lowering_of<Step>::template reference<Step, T>(in.data(), out.data(), folded + own.weights,
                                                               own.has_bias() ? folded + own.bias : nullptr);
                note(ranges.plain, out);
                for (T& x : out) x = Step::activations::apply(x);
                note(ranges.activated, out);
                if constexpr (Step::now.pool != none) {
                    using layer = boost::mp11::mp_at_c<layers_of<Net>, Step::now.pool>;
                    constexpr const node& pool = facts.nodes[Step::now.pool];
                    using pooling = pooling_of<image_of(value{}, pool.input), image_of(value{}, pool.output)>;
                    std::vector<T> pooled(pool.output.size());
                    lowering<layer>::template reference<pooling, T>(out.data(), pooled.data(), nullptr,
                                                                    nullptr);
                    for (T& x : pooled) x = Step::pool_activations::apply(x);
                    note(ranges.pooled, pooled);
                    out = std::move(pooled);
                }
            }
        });
    }
};

/// What the results of an activation stand for: as TensorFlow Lite demands of tanh and sigmoid, else as seen.
template <class Net>
quantization activated_quantization(std::size_t last, const seen_range& seen) {
    const text_view kind = unchecked_facts<Net>.nodes[last - 1].kind;
    if (kind == "tanh") return {1.f / 128, 0};
    if (kind == "sigmoid") return {1.f / 256, -128};
    return seen.quantized();
}

/// The 8-bit form of a network with the parameters `folded`.
template <class Net, class T>
quantized_network quantize_network(const calibration<Net>& seen, const T* folded) {
    constexpr const auto& plan = inference_plan<Net>;
    quantized_network network;
    network.values.resize(plan.value_count);
    network.steps.resize(plan.step_count);
    network.values[0] = seen.input.quantized();
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) {
        using form = int8_step<Step>;
        constexpr step now = Step::now;
        quantized_step& step = network.steps[Step::index];
        const step_ranges& ranges = seen.steps[Step::index];
        const quantization in = network.values[now.from];
        quantization& out = network.values[now.to];
        out = in;
        if constexpr (form::has_weights) {
            constexpr kernels::conv2d_geometry g = form::convolution;
            // A rectifier is part of the range, unless a pooling of averages stands before it.
            const bool pooled_range = form::rectifies && now.activation_first == now.activation_last;
            step.result = form::has_table ? ranges.plain.quantized()
                          : pooled_range  ? ranges.pooled.quantized()
                                          : ranges.activated.quantized();
            if (form::rectifies) step.minimum = step.result.zero_point;
            constexpr step_weights own = inference_weights_of<Net>.steps[Step::index];
            const T *const weights = folded + own.weights, *const bias = folded + own.bias;
            const auto bias_of = [&](std::size_t f) {
                return own.has_bias() ? static_cast<double>(bias[f]) : 0.0;
            };
            if constexpr (Step::at.role == layer_role::normalization) {
                quantize_filters(
                    g.out.channels, 1, in, step,
                    [&](std::size_t f, std::size_t) { return static_cast<double>(weights[f]); }, bias_of,
                    [](std::size_t f, std::size_t) { return f; });
            } else {
                constexpr std::size_t filters = g.out.channels, taps = g.taps();
                const auto place = [](std::size_t f, std::size_t tap) {
                    return form::kind == int8_kind::depthwise ? tap * filters + f : f * taps + tap;
                };
                quantize_filters(
                    filters, taps, in, step,
                    [&](std::size_t f, std::size_t tap) {
                        return static_cast<double>(weights[tap * filters + f]);
                    },
                    bias_of, place);
            }
            out = step.result;
        }
        if constexpr (form::kind == int8_kind::softmax) {
            step.powers = softmax_powers(in.scale);
            out = {1.f / 256, -128};
        }
        if constexpr (form::has_table) {
            const quantization before = out;
            out = activated_quantization<Net>(now.activation_last, ranges.activated);
            step.table = make_table(before, out, [](double x) { return Step::activations::apply(x); });
        }
        if constexpr (form::has_pool_table) {
            const quantization before = out;
            out = activated_quantization<Net>(now.pool_activation_last, ranges.pooled);
            step.pool_table =
                make_table(before, out, [](double x) { return Step::pool_activations::apply(x); });
        }
    });
    return network;
}

}  // namespace archetype::detail
