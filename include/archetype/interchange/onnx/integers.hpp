// SPDX-License-Identifier: BSL-1.0
/// @file integers.hpp
/// What a quantized model is in ONNX, node by node.
#pragma once
#include <archetype/execution/quantize/given_quantization_of.hpp>
#include <archetype/interchange/onnx/values.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// What a network in 8 bits has of each node.
struct onnx_integer_node {
    bool is_folded = false;              ///< a batch norm that is part of the layer before it
    std::optional<quantization> result;  ///< what its results become integers of, if they do
    onnx_integers numbers;
};
struct onnx_integer_network {
    quantization input;
    std::vector<onnx_integer_node> nodes;
};

/// Whether all that a step does has a form between quantizers.
template <class Step>
constexpr bool has_onnx_integer_form() {
    constexpr const node& at = unchecked_facts<typename Step::network>.nodes[Step::now.anchor];
    return can_be_given<Step>() && (Step::now.copies || at.role != layer_role::normalization);
}
template <class Net>
constexpr bool all_have_onnx_integer_form() {
    bool made = true;
    for_each_step<Net, purpose::inference>(
        [&]<class Step>(Step) { made = made && has_onnx_integer_form<Step>(); });
    return made;
}

/// The nodes of a network by what is given of its layers.
template <class Net>
onnx_integer_network onnx_integers_of(const given_quantization& given) {
    constexpr const auto& facts = unchecked_facts<Net>;
    constexpr const auto& plan = inference_plan<Net>;
    onnx_integer_network made{given.input, std::vector<onnx_integer_node>(facts.size())};
    std::vector<quantization> stands(facts.size());
    const given_layers<Net> layers(given);
    for (std::size_t s = 0; s < plan.step_count; ++s)
        if (plan.steps[s].batch_norm != none) made.nodes[plan.steps[s].batch_norm].is_folded = true;
    for (std::size_t n = 0; n < facts.size(); ++n) {
        const node& at = facts.nodes[n];
        const auto input = [&] {
            const std::size_t from = at.edge_count == 0 ? none : facts.source(at, 0);
            return from == none ? given.input : stands[from];
        }();
        onnx_integer_node& to = made.nodes[n];
        stands[n] = input;
        if (const given_layer* own = layers.layers[n]; own != nullptr) {
            if (own->result) to.result = stands[n] = *own->result;
            to.numbers = {own->weights, own->scales, own->biases, input.scale};
        }
        if (!to.result && (at.role == layer_role::pooling || at.joins == join_kind::concatenation))
            to.result = input;
    }
    return made;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
