// SPDX-License-Identifier: BSL-1.0
/// @file inference_weights.hpp
/// What inference reads instead of the parameters: batch norm is folded into the layer before it, the rest of it into
/// one scale and one shift for each channel.
#pragma once
#include <archetype/execution/steps/architecture_hash.hpp>
#include <archetype/execution/steps/steps.hpp>
#include <archetype/kernels/rows/scale_shift.hpp>
#include <archetype/weights.hpp>

#include <array>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Where a step finds its weights: those of its contraction, then one bias (or shift) for each filter. A normalization
/// on its own has a scale in place of weights.
struct step_weights {
    std::uint64_t weights = 0, weights_count = 0;
    std::uint64_t bias = 0, bias_count = 0;
    constexpr bool has_bias() const { return bias_count != 0; }
};

/// Its weights are one tensor and a bias for each channel; other layers keep all their tensors, one after the other.
constexpr bool has_channel_weights(const node& at) {
    return at.role == layer_role::contraction || at.role == layer_role::normalization;
}

/// Where tensor `index` of a layer without channel weights begins, from the first on.
constexpr std::uint64_t inference_tensor_offset(const node& at, std::size_t index) {
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < index; ++i)
        offset += round_up(at.parameters[i].extents.size(), arena_alignment);
    return offset;
}

template <std::size_t Steps>
struct inference_layout {
    std::array<step_weights, Steps == 0 ? 1 : Steps> steps{};
    std::uint64_t elements = 0;
};

/// An earlier step that reads the same weights as step `s`: of a layer with shared parameters, without batch norm.
template <class Net>
constexpr std::size_t step_with_same_weights(std::size_t s) {
    const auto& plan = inference_plan<Net>;
    const std::size_t shares = unchecked_facts<Net>.nodes[plan.steps[s].anchor].shares;
    for (std::size_t before = 0; shares != none && before < s; ++before)
        if (plan.steps[before].anchor == shares && !plan.steps[before].copies &&
            plan.steps[before].batch_norm == none && plan.steps[s].batch_norm == none)
            return before;
    return none;
}

template <class Net>
constexpr auto lay_out_inference() {
    constexpr const auto& plan = inference_plan<Net>;
    inference_layout<plan.step_count> layout;
    auto reserve = [&](std::uint64_t& offset, std::uint64_t& count, std::uint64_t wanted) {
        offset = layout.elements;
        count = wanted;
        layout.elements += round_up(wanted, arena_alignment);
    };
    for (std::size_t s = 0; s < plan.step_count; ++s) {
        const node& at = unchecked_facts<Net>.nodes[plan.steps[s].anchor];
        if (plan.steps[s].copies || at.parameter_tensors == 0) continue;
        step_weights& own = layout.steps[s];
        if (const std::size_t same = step_with_same_weights<Net>(s); same != none) {
            own = layout.steps[same];
            continue;
        }
        if (!has_channel_weights(at)) {
            reserve(own.weights, own.weights_count, inference_tensor_offset(at, at.parameter_tensors));
            continue;
        }
        reserve(own.weights, own.weights_count, at.parameters[0].extents.size());
        if (at.parameter_tensors > 1 || plan.steps[s].batch_norm != none)
            reserve(own.bias, own.bias_count, at.output.channels());
    }
    return layout;
}

/// visit(i) for each of `count` weights of a contraction's kernel that belongs to a filter.
template <class Visit>
constexpr void for_filter_weights(const node& at, std::size_t filter, std::uint64_t count,
                                  const Visit& visit) {
    if (at.filter_of != nullptr) {
        for (std::uint64_t i = 0; i < count; ++i)
            if (at.filter_of(at, i) == filter) visit(i);
        return;
    }
    for (std::uint64_t i = filter * at.filter_stride; i < count; i += at.output.channels() * at.filter_stride)
        for (std::uint64_t k = 0; k < at.filter_stride; ++k) visit(i + k);
}

template <class Net>
inline constexpr auto inference_weights_of = lay_out_inference<Net>();

/// What inference reads of step `S`, from the parameters of its layer and of the batch norm that is folded into it (both
/// given as the network's, of which only theirs are read): `weights` has `weights_count` numbers, `bias` `bias_count`, all
/// zeros.
template <class Net, class T>
constexpr void fold_step(std::size_t s, const T* parameters, const T* norm_parameters, T* weights, T* bias) {
    const step& now = inference_plan<Net>.steps[s];
    const step_weights& own = inference_weights_of<Net>.steps[s];
    const node& at = unchecked_facts<Net>.nodes[now.anchor];
    const auto& offsets = parameters_of<Net>.offsets;
    if (!has_channel_weights(at)) {
        for (std::size_t i = 0; i < at.parameter_tensors; ++i)
            for (std::uint64_t k = 0; k < at.parameters[i].extents.size(); ++k)
                weights[inference_tensor_offset(at, i) + k] = parameters[offsets[now.anchor][i] + k];
        return;
    }
    const bool is_norm = at.role == layer_role::normalization;
    const std::size_t channels = at.output.channels();
    if (!is_norm) {
        for (std::uint64_t i = 0; i < own.weights_count; ++i)
            weights[i] = parameters[offsets[now.anchor][0] + i];
        if (at.parameter_tensors > 1)
            for (std::size_t c = 0; c < channels; ++c) bias[c] = parameters[offsets[now.anchor][1] + c];
    }
    const std::size_t norm = is_norm ? now.anchor : now.batch_norm;
    if (norm == none) return;
    const node& normalizing = unchecked_facts<Net>.nodes[norm];
    const T epsilon = static_cast<T>(normalizing.epsilon);
    const auto tensor = [&](text_view name) -> const T* {
        const std::size_t index = tensor_named(normalizing, name);
        return index == no_tensor ? nullptr : norm_parameters + offsets[norm][index];
    };
    const T *const gamma = tensor("gamma"), *const beta = tensor("beta"), *const mean = tensor("moving_mean"),
                   *const variance = tensor("moving_variance");
    const auto fold = [&](std::size_t c, T* scale, T* shift) {
        kernels::fold_batch_norm(gamma == nullptr ? gamma : gamma + c, beta == nullptr ? beta : beta + c,
                                 mean + c, variance + c, epsilon, scale, shift, 1);
    };
    for (std::size_t c = 0; c < channels; ++c) {
        if (is_norm) {
            fold(c, weights + c, bias + c);
            continue;
        }
        T scale{}, shift{};
        fold(c, &scale, &shift);
        for_filter_weights(at, c, own.weights_count, [&](std::uint64_t i) { weights[i] *= scale; });
        bias[c] = bias[c] * scale + shift;
    }
}

/// What is done to the folded weights of `Net`: nothing, but with quantization-aware training.
template <class Net>
struct folded_weights_change {
    static constexpr bool is_none = true;
};

/// Computes what inference reads (`inference_weights_of<Net>.elements` numbers) from the parameters.
template <class Net, class T>
constexpr void fold_parameters(const T* parameters, T* weights) {
    for (std::uint64_t i = 0; i < inference_weights_of<Net>.elements; ++i) weights[i] = T{};
    for (std::size_t s = 0; s < inference_plan<Net>.step_count; ++s) {
        const step_weights& own = inference_weights_of<Net>.steps[s];
        // Weights that an earlier step reads too are folded by that one.
        if (own.weights_count != 0 && step_with_same_weights<Net>(s) == none)
            fold_step<Net>(s, parameters, parameters, weights + own.weights, weights + own.bias);
    }
    if constexpr (!folded_weights_change<Net>::is_none) folded_weights_change<Net>::apply(weights);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Numbers that inference reads, padding between tensors included: the size of constant weights.
template <class Net>
inline constexpr std::uint64_t inference_weight_count = detail::inference_weights_of<Net>.elements;

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Constant weights are those of `Net`. If they are of another network, their number does not matter.
template <class Net, std::uint64_t Architecture>
inline constexpr bool same_architecture = Architecture == architecture_hash<Net>;
template <class Net, std::uint64_t Architecture, std::size_t Count>
inline constexpr bool same_count =
    !same_architecture<Net, Architecture> || Count == inference_weight_count<Net>;

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
