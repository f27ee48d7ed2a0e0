// SPDX-License-Identifier: BSL-1.0
/// @file vectors.hpp
/// Inputs of a network with results, from files beside it or made.
#pragma once
#include "../rewrite/network.hpp"
#include "../rewrite/sequence.hpp"
#include "../write/project.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace archetype::commands {

/// Runs with inputs, what the file's definition makes of them in double, and what files say. `beginning` is that of names of `.npy` files,
/// FILE's without its extension if empty: BEGINNING_inputs.npy and _outputs.npy with a row for each run, or _input_K.npy and for each output
/// _output_K.npy or _NAME.npy. Without files two runs of numbers by chance. With states the runs are steps, each with the states before it:
/// rows of BEGINNING_inputs.npy, or _input_K.npy of the inputs that are no states further on, and _runR_NAME.npy. `fixed` are inputs that are
/// constants now.
/// @throws file_error
std::vector<write::vectors> vectors_for(const std::string& file, const std::string& beginning,
                                        const graph::model& model, const rewrite::network& shapes,
                                        const std::vector<lower::feedback>& states,
                                        const std::set<graph::value_id>& fixed,
                                        std::vector<std::string>& notes);

/// Adds shapes of inputs that the file leaves open, as BEGINNING_input_K.npy has them, and says so.
void add_shapes_of_vectors(const std::string& file, const std::string& beginning, const graph::model& model,
                           const std::set<graph::value_id>& fixed,
                           std::map<std::string, evaluate::shape_type>& shapes,
                           std::vector<std::string>& notes);

/// The calls of a file that keeps rows as one sequence: what other runtimes gave for the first of them, and as a second recorded
/// result what the file gives, call by call. Calls of files behind these are in `notes`. @throws file_error
std::vector<write::vectors> vectors_of_calls(const std::string& file, const std::string& given,
                                             const rewrite::sequence& calls, const graph::model& network,
                                             std::vector<std::string>& notes);

}  // namespace archetype::commands
