// SPDX-License-Identifier: BSL-1.0
/// @file onnx.hpp
/// Reads ONNX files: IR versions 3 to 13, operator sets up to 24, external data, functions (which become their nodes).
#pragma once
#include "graph.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace archetype::graph {

inline constexpr std::int64_t newest_onnx_operators = 24;

/// @throws file_error
model read_onnx(const std::filesystem::path& path);
/// The same of bytes in memory; external data is looked for in `folder`. `owner` keeps the bytes. @throws file_error
model parse_onnx(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                 const std::string& path, const std::filesystem::path& folder);

/// What a file of test data holds (`input_0.pb`): tensors of a TensorProto, or of a sequence or an optional of them.
struct onnx_datum {
    value_kind kind = value_kind::tensor;
    bool present = true;  ///< of an optional
    std::vector<tensor> tensors;
};
/// `kind` as the network's input or output is; `inner` is a sequence within an optional. @throws file_error
onnx_datum read_onnx_datum(const std::filesystem::path& path, value_kind kind, bool inner_sequence);

}  // namespace archetype::graph
