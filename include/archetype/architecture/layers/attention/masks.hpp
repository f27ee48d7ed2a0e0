// SPDX-License-Identifier: BSL-1.0
/// @file masks.hpp
/// Which steps of a sequence are there, as 1, and which are padding, as 0: for `padding_mask`. No gradient goes through them.
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// From how many steps there are, the mask of `Steps` steps (tf.sequence_mask): {1} -> {Steps}, out[t] = t < in. A model refuses
/// other numbers than those from 0 to `Steps` with std::invalid_argument.
template <std::size_t Steps>
struct sequence_mask {
    static constexpr text_view kind = "sequence_mask";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr std::size_t steps = Steps;
    static constexpr layer_facts describe(const shape& in) {
        if (Steps == 0) return broken_layer(rule::extent_is_zero);
        if (in != shape{1}) return broken_layer(rule::takes_one_length);
        layer_facts facts = detail::blank_facts;
        facts.output = shape{Steps};
        facts.sees_everything = true;
        facts.pointwise_operations = Steps;
        return facts;
    }
};

/// 1 for each step of which a feature is not `Value` (Keras' Masking and, for class numbers, Embedding's mask_zero):
/// {T} -> {T}, {T, C} -> {T, 1}.
template <double Value = 0.0>
struct step_mask {
    static constexpr text_view kind = "step_mask";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr double padding = Value;
    static constexpr layer_facts describe(const shape& in) {
        if (in.rank > 2) return broken_layer(rule::takes_a_sequence);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        if (in.rank == 2) facts.output.extents[1] = 1;
        facts.sees_one_pixel = true;
        facts.pointwise_operations = in.size();
        facts.variant = Value;
        return facts;
    }
};

}  // namespace archetype
