// SPDX-License-Identifier: BSL-1.0
/// @file matching.hpp
/// Which layer of a file is which of a network, from their results back to their inputs, and where they differ.
#pragma once
#include "../lower/layers.hpp"

#include <archetype/interchange/graphs/fill_from_file.hpp>

#include <string>
#include <vector>

namespace archetype::files {

inline constexpr std::size_t no_layer = static_cast<std::size_t>(-1);

/// One of two networks, with its nodes as text.
struct side {
    const lower::network* net;
    const std::vector<std::string>* nodes;
};
/// The path of a layer of the library, whose nodes are named "path/Operator".
std::string path_of(const side& own, std::size_t layer);
/// "node "conv1" (Conv)"
std::string place_of(const side& file, std::size_t layer);

struct matching {
    std::vector<std::size_t> partner;  ///< of each layer of the network that of the file
    std::vector<problem> problems;     ///< in the order of the network
};
matching match(const side& own, const side& file);

}  // namespace archetype::files
