// SPDX-License-Identifier: BSL-1.0
/// @file tflite.hpp
/// TFLite's operators of real numbers as ONNX': channels come first where ONNX has them first, by transposes that cost
/// nothing later; fused activations are nodes of their own.
#pragma once
#include "network.hpp"

namespace archetype::rewrite {

/// What is not known stays as it is, and is refused later.
void without_tflite(network& of);

}  // namespace archetype::rewrite
