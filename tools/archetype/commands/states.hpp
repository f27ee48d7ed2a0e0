// SPDX-License-Identifier: BSL-1.0
/// @file states.hpp
/// Outputs that become inputs of the next step, and inputs that an import fixes.
#pragma once
#include "../lower/layers.hpp"
#include "../rewrite/network.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace archetype::commands {

/// Options INPUT=OUTPUT: for the names of inputs which of the outputs becomes it. Names may hold "=".
/// @throws file_error
std::map<std::string, std::size_t> given_states(const std::vector<std::string>& options,
                                                const std::vector<std::string>& inputs,
                                                const std::vector<std::string>& outputs,
                                                const std::string& file);

/// Takes options NAME=NUMBER of inputs without axes out of `options`, and all of `constants`: such inputs become constants of the model.
/// @throws file_error
std::set<graph::value_id> fix_inputs(graph::model& model, std::vector<std::string>& options,
                                     const std::vector<std::string>& constants,
                                     std::vector<std::string>& notes);

/// The states of a network for its steps: those of the options; without options outputs whose names begin with an input's, of its type and
/// shape. Notes say which were taken and which could be, "none" as the only option takes none. @throws file_error
std::vector<lower::feedback> states_for(const rewrite::network& of, const std::vector<std::string>& options,
                                        std::vector<std::string>& notes);

}  // namespace archetype::commands
