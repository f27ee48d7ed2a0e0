// SPDX-License-Identifier: BSL-1.0
/// @file lower.hpp
/// From a rewritten graph to layers of the library.
#pragma once
#include "layers.hpp"

namespace archetype::lower {

struct lowered {
    network net;
    std::vector<rewrite::refusal> refused;  ///< nodes that have no layer
    std::vector<rewrite::treatment> done;   ///< nodes that needed none
};

/// States have the shape and order of elements that their inputs have. Each input keeps the file's order of axes or has its channels last, whichever leaves less that is not supported.
lowered as_layers(const rewrite::network& of, const std::vector<feedback>& states = {});

}  // namespace archetype::lower
