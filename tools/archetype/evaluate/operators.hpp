// SPDX-License-Identifier: BSL-1.0
/// @file operators.hpp
/// The operators that can be evaluated, each by its definition.
#pragma once
#include "call.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace archetype::evaluate {

struct operation {
    std::string_view domain, name;
    void (*evaluate)(call&);
    std::size_t least_inputs, most_inputs, most_outputs;
    std::string_view attributes;  ///< names, separated by spaces
    std::int64_t first_version = 1, last_version = 1000;
};
inline constexpr std::size_t any_number = static_cast<std::size_t>(-1);

/// Of one file each.
std::span<const operation> pointwise_operations();
std::span<const operation> pairwise_operations();
std::span<const operation> reducing_operations();
std::span<const operation> shaping_operations();
std::span<const operation> sequence_operations();
std::span<const operation> choosing_operations();
std::span<const operation> convolving_operations();
std::span<const operation> pooling_operations();
std::span<const operation> multiplying_operations();
std::span<const operation> normalizing_operations();
std::span<const operation> recurrent_operations();
std::span<const operation> attending_operations();
std::span<const operation> quantizing_operations();
std::span<const operation> resampling_operations();
std::span<const operation> controlling_operations();
std::span<const operation> signal_operations();
std::span<const operation> loss_operations();
std::span<const operation> text_operations();
std::span<const operation> tflite_operations();
std::span<const operation> tflite_named_operations();
std::span<const operation> tflite_products();
std::span<const operation> integer_operations();

/// All of them.
std::vector<const operation*> all_operations();
/// The one of this node, or none: also if the file's version of the operator set is none of its.
const operation* find_operation(const graph::node& of);
/// Whether a node that has the name of a known operator is of no known version, has fewer inputs than it takes, or no result.
bool is_no_use(const graph::node& of);

}  // namespace archetype::evaluate
