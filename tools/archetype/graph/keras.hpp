// SPDX-License-Identifier: BSL-1.0
/// @file keras.hpp
/// Reads networks of Keras: `.h5` of Keras 1 to 3, `.keras`, and layers models of TensorFlow.js (`model.json`). Layers become
/// nodes of ONNX' operators, a layer that is not known a node of the domain "keras". Nothing in a file is executed.
#pragma once
#include "graph.hpp"
#include "json.hpp"
#include "keras_weights.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace archetype::graph {

/// The beginning is that of an HDF5 file, or a zip archive that holds what Keras writes.
bool is_hdf5(std::span<const std::byte> beginning);
bool is_keras_archive(std::span<const std::byte> bytes);
/// The text has the key "modelTopology", as TensorFlow.js writes it.
bool is_tfjs(std::span<const std::byte> bytes);

/// @throws file_error
model read_keras_h5(const std::filesystem::path& path);
model parse_keras_archive(std::span<const std::byte> bytes, const std::string& path);
model read_keras_archive(const std::filesystem::path& path);
/// The bytes of a shard of weights by its name, which leads to no other folder.
using shard_source = std::function<std::vector<std::byte>(const std::string& name)>;
model parse_tfjs(std::span<const std::byte> bytes, const std::string& path, const shard_source& shards);

namespace keras {
/// A model's configuration, {"class_name", "config"}, with its weights. `version` of Keras: 1, 2 or 3.
model read_topology(const json& root, weight_store& weights, int version, const std::string& path,
                    const std::string& producer);
}  // namespace keras

}  // namespace archetype::graph
