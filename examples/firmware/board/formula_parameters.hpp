// SPDX-License-Identifier: BSL-1.0
/// @file formula_parameters.hpp
/// Parameters by a formula: what a step of training costs does not depend on where it starts.
#pragma once
#include <archetype/embedded_training.hpp>
#include "formula_weights.hpp"

namespace board {

template <class Net>
inline constexpr formula_numbers<archetype::training_parameter_count<Net>> formula_start{};

/// Numbers between -1/8 and 1/8.
template <class Net>
inline constexpr archetype::constant_parameters<archetype::parameters_hash<Net>,
                                                archetype::training_parameter_count<Net>>
    formula_parameters{formula_start<Net>.values};

}  // namespace board
