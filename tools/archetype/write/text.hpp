// SPDX-License-Identifier: BSL-1.0
/// @file text.hpp
/// Parts of a network as C++.
#pragma once
#include "../lower/structure.hpp"

#include <map>
#include <string>

namespace archetype::write {

/// Definitions that stand before the network, and the network itself: the lines of a header.
struct type_lines {
    std::string before, network;
};
type_lines type_lines_of(const lower::structure& of);

/// A text as a C++ literal.
std::string quoted(const std::string& text);
/// "at::shape{16, 8}".
std::string shape_literal(const graph::shape_type& shape);

}  // namespace archetype::write
