// SPDX-License-Identifier: BSL-1.0
/// @file spellings.hpp
/// Nodes that say in their own way what others say: turned inputs, other axes, norms and sequences of values.
#pragma once
#include "network.hpp"

namespace archetype::rewrite {

/// Operators and options that layers are not made of, as those that they are.
void spell_operators(network& of);

}  // namespace archetype::rewrite
