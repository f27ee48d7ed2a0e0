// SPDX-License-Identifier: BSL-1.0
/// @file names.hpp
/// Names for people from the names of a file.
#pragma once
#include <string>

namespace archetype::lower {

/// "layer1.0.conv1" of "layer1.0.conv1.weight"; of the node's name if the weight has none; "" if a number is all there is.
std::string readable_name(const std::string& weight, const std::string& node);

}  // namespace archetype::lower
