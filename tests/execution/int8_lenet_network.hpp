// SPDX-License-Identifier: BSL-1.0
/// @file int8_lenet_network.hpp
/// The network of int8_lenet.hpp, and its numbers as `quantize` would have made them.
#pragma once
#include "int8_lenet.hpp"
#include "int8_lenet_type.hpp"

#include <archetype/execution/quantize/quantized_model.hpp>

namespace int8_lenet {

inline archetype::detail::quantized_network numbers() {
    constexpr const auto& plan = archetype::detail::inference_plan<network>;
    archetype::detail::quantized_network made;
    made.values.assign(plan.value_count, {1.f / 64, -128});
    const auto add = [&](const auto& weights, const auto& bias, const auto& multiplier, const auto& shift) {
        archetype::detail::quantized_step step;
        step.result = {1.f / 64, -128};
        step.weights.assign(std::begin(weights), std::end(weights));
        const std::size_t taps = std::size(weights) / std::size(bias);
        for (std::size_t f = 0; f < std::size(bias); ++f) {
            std::int32_t sum = 0;
            for (std::size_t tap = 0; tap < taps; ++tap) sum += weights[f * taps + tap];
            step.channels.push_back({bias[f] + 128 * sum, multiplier[f], shift[f]});
        }
        made.steps.push_back(step);
    };
    add(weights_0, bias_0, multiplier_0, shift_0);
    add(weights_1, bias_1, multiplier_1, shift_1);
    add(weights_2, bias_2, multiplier_2, shift_2);
    add(weights_3, bias_3, multiplier_3, shift_3);
    add(weights_4, bias_4, multiplier_4, shift_4);
    return made;
}

}  // namespace int8_lenet
