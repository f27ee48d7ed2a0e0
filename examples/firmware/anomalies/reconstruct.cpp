// SPDX-License-Identifier: BSL-1.0
/// @file reconstruct.cpp
/// The network with weights of a formula.
#include "network.hpp"

#include "formula_weights.hpp"

static at::embedded<anomalies, board::formula_weights<anomalies>> network;

const float* reconstruct(const float* frames) {
    return network(std::span<const float, network.input_size>(frames, network.input_size)).data();
}
