// SPDX-License-Identifier: BSL-1.0
/// @file reading.hpp
/// Files and networks of the library as layers that can be compared.
#pragma once
#include "../lower/integers.hpp"
#include "../lower/lowering.hpp"

#include <archetype/interchange/graphs/fill_from_file.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace archetype::files {

/// A graph as layers, with the names of its nodes, and what it has in 8 bits.
struct layers {
    lower::lowered made;
    std::vector<std::string> nodes;
    std::vector<lower::layer_integers> integers;
    std::optional<rewrite::byte_scale> input;
};

std::vector<graph::value_id> inputs_of(const graph::model& model);
/// Tensors of the file that no result depends on.
void report_unread(const graph::model& model, std::vector<problem>& to);
/// @param own  shapes of the network's inputs, for extents that the file leaves open
layers as_layers(graph::model model, const std::vector<rewrite::shape_type>& own,
                 std::vector<rewrite::refusal>& refused);
/// Of a network in 8 bits. @throws file_error if it is none
layers as_integer_layers(graph::model model, const std::vector<rewrite::shape_type>& own,
                         std::vector<rewrite::refusal>& refused);
void report_refused(const std::vector<rewrite::refusal>& refused, const std::string& of,
                    std::vector<problem>& to);
graph::model read(const std::string& path, format kind);
/// What `fill` says, or what it threw.
std::vector<problem> without_throwing(const std::string& path,
                                      const std::function<std::vector<problem>()>& fill);

}  // namespace archetype::files
