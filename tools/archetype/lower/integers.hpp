// SPDX-License-Identifier: BSL-1.0
/// @file integers.hpp
/// What a file of 8 bits gives of each layer: scales, weights, biases, tables of activations.
#pragma once
#include "../rewrite/integers.hpp"
#include "layers.hpp"

namespace archetype::lower {

struct layer_integers {
    std::optional<rewrite::byte_scale> result;
    std::vector<std::int8_t> weights;
    std::vector<float> scales;
    std::vector<std::int32_t> biases;
    std::vector<std::int8_t> table;
    // Of an LSTM: scales of each gate, and of its long-term state.
    std::vector<std::int8_t> recurrent_weights;
    std::vector<float> recurrent_scales;
    float state_scale = 0, state_clip = 0;
};

/// For each layer of the network that was made of the file's in real numbers. Rectifiers between two scales become
/// activations with a table.
/// @throws file_error if the integers cannot be told from the layers' numbers
std::vector<layer_integers> integers_of(network& net, const graph::model& file);

}  // namespace archetype::lower
