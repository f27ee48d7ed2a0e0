// SPDX-License-Identifier: BSL-1.0
/// @file tflite.hpp
/// Reads TensorFlow Lite files: schema version 3. Operators keep the names of the schema (CONV_2D) in the domain "tflite", their
/// options become attributes with the schema's names, tensors keep their order of axes.
#pragma once
#include "graph.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace archetype::graph {

/// The bytes are a TFLite file's, by its identifier.
bool is_tflite(std::span<const std::byte> bytes);

/// @throws file_error
model parse_tflite(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                   const std::string& path);

}  // namespace archetype::graph
