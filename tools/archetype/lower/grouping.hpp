// SPDX-License-Identifier: BSL-1.0
/// @file grouping.hpp
/// Names of a file as nested names, equal blocks as one.
#pragma once
#include "structure.hpp"

namespace archetype::lower {

/// "layer1/0/conv1" and its like become blocks "layer1", "0"; blocks that are alike and follow each other become `numbered` or `repeat`;
/// names that the library would give anyway go.
std::vector<part> grouped_by_names(std::vector<part> parts);

/// Everything that makes two parts the same type, as text; without the name of the part itself if `inside`.
std::string type_text(const part& of, bool inside = false);

}  // namespace archetype::lower
