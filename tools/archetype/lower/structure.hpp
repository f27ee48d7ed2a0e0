// SPDX-License-Identifier: BSL-1.0
/// @file structure.hpp
/// Layers as the parts that a person would write: sequences, residuals, branches, points, named blocks, repeats.
#pragma once
#include "layers.hpp"

#include <string>
#include <vector>

namespace archetype::lower {

struct part {
    enum class kinds : std::uint8_t {
        layer,
        sequence,
        residual,
        branches,
        point,
        from,
        merge,
        side_output,
        input,
        repeat,
        numbered
    };
    kinds kind = kinds::layer;
    std::string type;  ///< of a layer its kind, of branches and merges the join
    std::vector<std::string> arguments;
    std::string name;                 ///< of `named`, or of the point
    std::vector<std::string> points;  ///< of a merge; of a recurrent layer those with its first states
    std::vector<std::string> states;  ///< points for the states behind a recurrent layer
    std::vector<part> parts;          ///< of a repeat: all its blocks, which are alike
    std::size_t layer = 0;
    std::size_t first = 1;  ///< of numbered
    shape_type shape;       ///< of an input
    std::string formula, definition, text;
};

/// A layer with its path in the network.
struct placed_layer {
    std::size_t layer;
    std::string path;
};

struct structure {
    std::vector<part> parts;
    std::vector<std::size_t> inputs;   ///< of the file, in the order of the network
    std::vector<std::size_t> outputs;  ///< of the file: the end of the network, then its side outputs
    std::vector<placed_layer> placed;  ///< layers with parameters, in order of execution
    std::vector<placed_layer> paths;   ///< all layers and joins
};

/// @throws file_error if there is no output, or two are one value
structure structured(const network& of);

/// The path of every layer below these parts that has a layer of `of`, as the library names them.
std::vector<placed_layer> paths_of(const std::vector<part>& parts, const network& of);

}  // namespace archetype::lower
