// SPDX-License-Identifier: BSL-1.0
/// @file onnx_tensor.hpp
/// Tensors of ONNX files.
#pragma once
#include "graph.hpp"
#include "protobuf.hpp"

#include <memory>
#include <string>

namespace archetype::graph::detail {

/// Where the bytes of a message come from.
struct onnx_source {
    std::string path;
    std::string folder;  ///< of external data
    std::shared_ptr<const void> owner;
};

[[noreturn]] void fail(const std::string& place, std::string expected, std::string found);

/// A field that the reader has no use for: its number and what it belongs to. @throws file_error always
[[noreturn]] void unknown_field(const std::string& place, const char* message, std::uint32_t field);

element_type onnx_element_type(std::int64_t number, const std::string& place);

struct named_tensor {
    std::string name;
    tensor content;
};
/// Checks that the bytes are those that type and shape ask for. @throws file_error
named_tensor read_tensor(protozero::pbf_reader message, const onnx_source& source, const std::string& place);

}  // namespace archetype::graph::detail
