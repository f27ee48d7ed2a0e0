// SPDX-License-Identifier: BSL-1.0
/// @file inspection.hpp
/// What `inspect` and `plot` know of a network: shapes by an evaluation without products, parameters, multiply-accumulates.
#pragma once
#include "../evaluate/evaluator.hpp"

#include <map>
#include <string>
#include <vector>

namespace archetype::commands {

struct inspected_node {
    const graph::node* node = nullptr;
    bool reached = false;  ///< evaluated: its outputs have shapes
    std::int64_t parameters = 0, products = 0;
};

/// With its domain, if it is not one of ONNX' own.
std::string operator_text(const graph::node& of);

struct possible_state {
    graph::value_id input, output;
};

struct inspection {
    graph::model model;
    std::map<graph::value_id, std::string>
        shapes;                         ///< as text with the type; "?" in place of what is not known
    std::vector<inspected_node> nodes;  ///< of the main graph; what bodies hold counts for their node
    std::int64_t parameters = 0, products = 0;
    std::vector<evaluate::refusal> refusals;
    std::vector<possible_state> states;
    std::vector<std::string> notes;
};

/// "1x3x224x224" of an option. @throws file_error
evaluate::shape_type parsed_shape(const std::string& text, const std::string& option);

/// `shapes` are NAME=1x3x224x224 for inputs whose shape the file leaves open (an open extent is 1 without).
/// @throws file_error
inspection inspected(graph::model file, const std::vector<std::string>& shapes);

/// What `inspect --json` writes.
std::string json_text(const inspection& of);

}  // namespace archetype::commands
