// SPDX-License-Identifier: BSL-1.0
/// @file tensorflow.hpp
/// Graphs of TensorFlow (GraphDef) as TensorFlow.js writes them in JSON: operators become ONNX', others nodes of the domain
/// "tensorflow".
#pragma once
#include "graph.hpp"
#include "json.hpp"
#include "keras_weights.hpp"

#include <string>

namespace archetype::graph {

/// `topology` has the nodes, `signature` (may be null) the names of inputs and outputs, `weights` the constants. @throws file_error
model read_tensorflow_graph(const json& topology, const json* signature, keras::weight_store& weights,
                            const std::string& path, const std::string& producer);

}  // namespace archetype::graph
