// SPDX-License-Identifier: BSL-1.0
/// @file graph.hpp
/// What a file of a network says, whatever its format: nodes, values, tensors and attributes with the file's own names,
/// axes and numbers. Readers fill it, everything else reads it.
#pragma once
#include "element_type.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace archetype::graph {

using shape_type = std::vector<std::int64_t>;

/// "2x3", "scalar" without axes.
std::string shape_text(const shape_type& shape);
/// The product of extents, or nothing if it is beyond 2^62 or an extent is negative.
std::optional<std::int64_t> element_count(const shape_type& shape);
/// The product of the extents that are not 0: what loops over an empty tensor may visit.
std::int64_t extent_product(const shape_type& shape);

/// Elements that the file gives, row by row.
struct tensor {
    element_type type = element_type::none;
    shape_type shape;
    std::span<const std::byte>
        bytes;  ///< little endian; two elements a byte for types of 4 bits, the first one low
    std::vector<std::string> texts;     ///< of the type text instead
    std::shared_ptr<const void> owner;  ///< of `bytes`
};

/// An extent; -1 if the file leaves it open, under the name that the file gives it.
struct dimension {
    std::int64_t extent = -1;
    std::string symbol;
};

/// How integers stand for real numbers: real = scale * (integer - zero point), one for all or one for each index of an axis.
struct quantization {
    std::vector<double> scales;
    std::vector<std::int64_t> zero_points;
    std::int64_t axis = 0;
};

enum class value_kind : std::uint8_t { tensor, sequence, optional };

struct value {
    std::string name;
    value_kind kind = value_kind::tensor;
    element_type type = element_type::none;       ///< as far as the file says it
    std::optional<std::vector<dimension>> shape;  ///< as far as the file says it
    std::optional<tensor> constant;               ///< of an input: what it is unless the caller gives another
    std::optional<quantization> quantized;
    bool variable = false;  ///< keeps its content from run to run, zeros before the first
};

/// An index of `model::values`.
using value_id = std::size_t;
/// Where an optional input or output is left out.
inline constexpr value_id no_value = static_cast<value_id>(-1);

struct block;

using attribute =
    std::variant<std::int64_t, double, std::string, tensor, std::shared_ptr<block>, std::vector<std::int64_t>,
                 std::vector<double>, std::vector<std::string>, std::vector<tensor>>;
/// "an integer", "a list of integers"...
std::string_view kind_text(const attribute& given);

struct node {
    std::string name;          ///< may be empty
    std::string domain;        ///< "" for ONNX' own operators
    std::string operation;     ///< the operator's name in its format
    std::int64_t version = 0;  ///< of the operator set
    std::vector<value_id> inputs, outputs;
    std::map<std::string, attribute, std::less<>> attributes;
};

/// Nodes in an order of execution: the whole network, or the body of a branch or a loop, which sees the values around it.
struct block {
    std::string name;
    std::vector<node> nodes;
    std::vector<value_id> inputs, outputs;
};

struct model {
    std::string path, format, producer;
    std::map<std::string, std::int64_t> versions;  ///< operator sets by domain
    std::vector<value> values;
    block main;
};

/// What a node reads, and what the bodies in it read and give.
void values_of(const node& of, std::set<value_id>& to);

/// "conv1 (Conv)", or with the first output's name.
std::string place_text(const model& of, const node& at);

}  // namespace archetype::graph
