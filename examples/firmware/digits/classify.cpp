// SPDX-License-Identifier: BSL-1.0
/// @file classify.cpp
/// The network on the device: weights in read-only storage, activations in an object that is zero at the start.
#include "network.hpp"

#if __has_include("digits_weights.hpp")
#include "digits_weights.hpp"  // train_digits.cpp wrote it
#else
#include "formula_weights.hpp"
static constexpr auto& digits_weights = board::formula_weights<digits>;
#endif

static at::embedded<digits, digits_weights> network;

const float* classify(const float* pixels) {
    return network(std::span<const float, network.input_size>(pixels, network.input_size)).data();
}
