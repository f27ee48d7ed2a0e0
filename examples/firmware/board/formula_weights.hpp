// SPDX-License-Identifier: BSL-1.0
/// @file formula_weights.hpp
/// Weights by a formula: what a network costs does not depend on their values, so that nothing must be trained to
/// measure it.
#pragma once
#include <archetype/inference.hpp>

namespace board {

template <std::size_t Count>
struct formula_numbers {
    alignas(64) float values[Count + archetype::constant_weights_slack]{};
    constexpr formula_numbers() {
        constexpr std::size_t part = 4096;  // compilers bound how often a loop of a constant expression runs
        std::uint32_t state = 1;
        for (std::size_t first = 0; first < Count; first += part)
            for (std::size_t i = first; i < first + part && i < Count; ++i) {
                state = state * 1664525u + 1013904223u;
                values[i] = (static_cast<float>(state >> 8) / 8388608.f - 1) / 8;
            }
    }
};
template <class Net>
inline constexpr formula_numbers<archetype::inference_weight_count<Net>> formula_storage{};

/// Numbers between -1/8 and 1/8.
template <class Net>
inline constexpr archetype::constant_weights<archetype::architecture_hash<Net>,
                                             archetype::inference_weight_count<Net>>
    formula_weights{formula_storage<Net>.values};

}  // namespace board
