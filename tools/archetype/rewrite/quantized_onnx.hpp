// SPDX-License-Identifier: BSL-1.0
/// @file quantized_onnx.hpp
/// ONNX files of 8 bits, in both of their forms (operators between DequantizeLinear and QuantizeLinear, and QLinearConv and
/// its kind), as the operators of TFLite that compute the same: one arithmetic of integers for all files.
#pragma once
#include "network.hpp"

namespace archetype::rewrite {

/// Whether the file quantizes activations to scales that it gives.
bool has_quantized_activations(const graph::model& file);

/// The same network as operators of TFLite on int8, with the names, ends and shapes of the file. Constants added behind a
/// product become its bias. What has no such operator is added to `refused`; `done` says what became of quantizers.
graph::model with_integer_operators(const graph::model& file, const std::map<std::string, shape_type>& inputs,
                                    std::vector<refusal>& refused, std::vector<std::string>& notes,
                                    const evaluate::settings& limits = {});

}  // namespace archetype::rewrite
