// SPDX-License-Identifier: BSL-1.0
/// @file classify.cpp
/// The network with weights of a formula.
#include "network.hpp"

#include "formula_weights.hpp"

static at::embedded<keywords, board::formula_weights<keywords>> network;

const float* classify(const float* sample) {
    return network(std::span<const float, network.input_size>(sample, network.input_size)).data();
}
