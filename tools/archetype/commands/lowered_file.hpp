// SPDX-License-Identifier: BSL-1.0
/// @file lowered_file.hpp
/// The network of a file as layers of the library, and what was refused.
#pragma once
#include "../lower/integers.hpp"
#include "../lower/lower.hpp"
#include "../rewrite/network.hpp"
#include "../rewrite/sequence.hpp"
#include "../write/project.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace archetype::commands {

struct lowered_file {
    graph::model model;  ///< the file's, with the shapes and constants that were given
    /// What the file says, if its numbers of 8 bits stand around operators of real numbers: `model` has integer operators.
    std::optional<graph::model> definition;
    /// Calls of a file that keeps rows in variables: `model` is the network of a sequence.
    std::optional<rewrite::sequence> calls;
    graph::model numbers;             ///< the same in real numbers; `model` unless it computes in 8 bits
    bool narrow = false;              ///< it does
    std::set<graph::value_id> fixed;  ///< inputs of `model` that are constants now
    rewrite::network graph;
    std::vector<lower::feedback> states;
    lower::lowered made;
    std::vector<lower::layer_integers> integers;  ///< of each layer, if it computes in 8 bits
    std::optional<rewrite::integer_ends> ends;    ///< of `model`, then
    std::vector<rewrite::refusal> refused;        ///< of all steps; without any there are layers
};

/// As the options of the same names of `import` give them.
struct file_options {
    std::vector<std::string> shapes, constants, states;
};

/// What a project says of the integers of a file that computes in 8 bits.
void add_integers(write::project& to, const lowered_file& of);

/// `more_shapes` may add shapes of inputs that the file leaves open, and notes. @throws file_error
lowered_file lowered(
    graph::model model, const file_options& given,
    const std::function<void(const lowered_file&, std::map<std::string, evaluate::shape_type>&,
                             std::vector<std::string>&)>& more_shapes = {});

}  // namespace archetype::commands
