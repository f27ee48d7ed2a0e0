// SPDX-License-Identifier: BSL-1.0
/// @file turns.hpp
/// Loops whose number of turns a file says.
#pragma once
#include "../graph/graph.hpp"

namespace archetype::rewrite {

/// The nodes of Loop and Scan, turn by turn.
graph::model with_turns(const graph::model& file);

}  // namespace archetype::rewrite
