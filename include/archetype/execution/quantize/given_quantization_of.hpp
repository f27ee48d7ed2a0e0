// SPDX-License-Identifier: BSL-1.0
/// @file given_quantization_of.hpp
/// The scales, zero points and integers that a quantized model consists of, layer by layer.
#pragma once
#include <archetype/error.hpp>
#include <archetype/execution/quantize/given_quantization.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether the numbers of a step have a place in a `given_layer`.
template <class Step>
constexpr bool can_be_given() {
    constexpr const node& at = unchecked_facts<typename Step::network>.nodes[Step::now.anchor];
    return Step::now.copies ||
           (at.role != layer_role::recurrent && !integer_step<Step>::form::is_calibrated &&
            (at.parameter_tensors == 0 || integer_step<Step>::form::template filters<Step> != 0));
}
template <class Net>
constexpr bool all_can_be_given() {
    bool made = true;
    for_each_step<Net, purpose::inference>([&]<class Step>(Step) { made = made && can_be_given<Step>(); });
    return made;
}

/// The scale of a filter's weights: the float whose product with the input's scale, over the result's, is the filter's factor,
/// if there is one. `is_single`: the product is rounded to single precision.
inline std::optional<float> scale_of_filter(const kernels::int8_channel& filter, const quantization& in,
                                            const quantization& result, bool is_single) {
    const double unit = static_cast<double>(in.scale), step = static_cast<double>(result.scale);
    // A factor that vanished belongs to any scale that is small enough.
    const double factor = filter.multiplier == 0
                              ? std::ldexp(1.0, -40)
                              : std::ldexp(static_cast<double>(filter.multiplier), filter.shift - 31);
    const auto nearest = static_cast<float>(factor * step / unit);
    for (const float scale : {nearest, std::nextafter(nearest, 0.f), std::nextafter(nearest, HUGE_VALF)}) {
        const double sums =
            is_single ? static_cast<double>(in.scale * scale) : unit * static_cast<double>(scale);
        const auto made = make_channel<kernels::int8_channel>(0, sums / step);
        if (scale > 0 && made.multiplier == filter.multiplier && made.shift == filter.shift) return scale;
    }
    return std::nullopt;
}

/// Collects what is given of the layers, step by step.
template <class Net>
class given_collector {
public:
    explicit given_collector(const quantized_network& network) : network_(network) {
        made_.input = network.values[0];
    }
    given_quantization run() {
        for_each_step<Net, purpose::inference>([&]<class Step>(Step) { take<Step>(); });
        return std::move(made_);
    }

private:
    static constexpr const auto& plan = inference_plan<Net>;
    given_layer& of(std::size_t n) { return made_.layers[layer_path<Net>(n)]; }
    void give(std::size_t n, const quantization& q) { of(n).result = q; }

    /// Of the activations from `first` to `last`: what they stand for, and their results where these are not the function's.
    template <class Apply>
    void give_table(std::size_t first, std::size_t last, const quantization& before,
                    const quantization& after, const std::vector<std::int8_t>& table, const Apply& apply) {
        give(last - 1, after);
        if (table == make_table(before, after, apply)) return;
        for (std::size_t n = first; n < last; ++n) {
            of(n).table.resize(256);
            for (std::size_t i = 0; i < 256; ++i)
                of(n).table[i] = n == first ? table[i] : static_cast<std::int8_t>(static_cast<int>(i) - 128);
        }
    }

    template <class Step>
    void take() {
        using form = integer_step<Step>;
        constexpr step now = Step::now;
        const quantized_step& step = network_.steps[Step::index];
        const quantization in = network_.values[calibration<Net>::source_of(now.from)];
        [[maybe_unused]] const quantization last = network_.values[now.to];
        if constexpr (!form::form::is_identity) take_layer<Step>(step, in);
        if constexpr (form::has_table) {
            if constexpr (now.activation_first != now.activation_last)
                give_table(now.activation_first, now.activation_last, step.result, step.activated, step.table,
                           [](double x) { return Step::activations::apply(x); });
            else if (constexpr std::size_t whole = concatenation_of<Net>(now.anchor); whole != none)
                give(whole, step.activated);
        }
        if constexpr (form::joins)
            give(form::sum_rectifies ? now.join_activation_last - 1 : now.join, step.joined);
        if constexpr (form::has_second_table && form::joins)
            give_table(now.join_activation_first, now.join_activation_last, step.joined, last,
                       step.second_table, [](double x) { return Step::join_activations::apply(x); });
        else if constexpr (form::has_second_table)
            give_table(now.pool_activation_first, now.pool_activation_last, step.activated, last,
                       step.second_table, [](double x) { return Step::pool_activations::apply(x); });
    }
    /// The layer that a step is made for.
    template <class Step>
    void take_layer(const quantized_step& step, const quantization& in) {
        using form = integer_step<Step>;
        constexpr archetype::step now = Step::now;
        constexpr bool has_filters = form::form::template filters<Step> != 0;
        constexpr bool rectifies_first = form::rectifies && now.activation_first != now.activation_last;
        if constexpr (rectifies_first)
            give(now.activation_last - 1, step.result);
        else if (has_filters || step.result != in)
            give(now.anchor, step.result);
        if constexpr (form::rectifies && !rectifies_first) give(now.pool_activation_last - 1, step.result);
        if constexpr (has_filters) take_filters<Step>(step, in);
    }
    template <class Step>
    void take_filters(const quantized_step& step, const quantization& in) {
        const std::size_t count = step.channels.size(), taps = step.weights.size() / count;
        given_layer& to = of(Step::now.anchor);
        to.weights.resize(step.weights.size());
        // Depthwise weights lie as the kernel does, others filter by filter.
        constexpr bool as_kernel = integer_step<Step>::form::template is_depthwise<Step>;
        for (std::size_t f = 0; f < count; ++f) {
            std::int32_t sum = 0;
            for (std::size_t tap = 0; tap < taps; ++tap) {
                const std::int8_t q = step.weights[as_kernel ? tap * count + f : f * taps + tap];
                to.weights[tap * count + f] = q;
                sum += q;
            }
            if constexpr (inference_weights_of<Net>.steps[Step::index].has_bias())
                to.biases.push_back(step.channels[f].bias + in.zero_point * sum);
        }
        to.scales = scales_of<Step>(step, in);
    }

    template <class Step>
    static std::vector<float> scales_of(const quantized_step& step, const quantization& in) {
        const auto& all = step.channels;
        if constexpr (!Step::at.has_window) {  // the one scale of a dense layer
            const bool is_one = std::all_of(all.begin(), all.end(), [&](const auto& one) {
                return one.multiplier == all[0].multiplier && one.shift == all[0].shift;
            });
            if (is_one)
                if (const auto scale = scale_of_filter(all[0], in, step.result, true)) return {*scale};
        }
        std::vector<float> made;
        for (const auto& one : all) {
            const auto scale = scale_of_filter(one, in, step.result, false);
            if (!scale)
                throw detail::thrown<std::invalid_argument>(
                    "archetype::given_quantization_of: " + layer_label<Net>(Step::now.anchor) +
                    ": expected factors that follow from scales in single precision, "
                    "found multiplier " +
                    std::to_string(one.multiplier) + " and shift " + std::to_string(one.shift));
            made.push_back(*scale);
        }
        return made;
    }

    const quantized_network& network_;
    given_quantization made_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What a quantized model consists of: `quantized_with<Net>` of it is the same network, bit for bit. Batch norm is part of the
/// layer before it. Layers of which nothing can be given (recurrent ones, `prelu`, gates, transposed convolutions, batch norm on its own,
/// those of encoders) are an error at compile time.
/// @throws std::invalid_argument if factors do not follow from scales in single precision
template <class Net>
given_quantization given_quantization_of(const quantized_model<Net>& net) {
    static_assert(detail::all_can_be_given<Net>(),
                  "archetype: recurrent layers, prelu, gates, transposed convolutions, batch norm on its own "
                  "and the layers of encoders have integers from calibration only: they cannot be given");
    if constexpr (detail::all_can_be_given<Net>())
        return detail::given_collector<Net>(net.numbers()).run();
    else
        return {};
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
