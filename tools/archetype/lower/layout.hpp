// SPDX-License-Identifier: BSL-1.0
/// @file layout.hpp
/// Where the elements of a tensor of the file lie in a value of the library. Both see the same *atoms*: axes are cut into atoms, so that
/// transposes and reshapes of the file move atoms between axes and no element at all.
#pragma once
#include "../graph/graph.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace archetype::lower {

using graph::shape_type;

/// Atoms have extents above 1; an axis of extent 1 has none.
struct layout {
    std::vector<std::int64_t> extents;           ///< of the atoms
    std::vector<std::vector<std::size_t>> axes;  ///< of the file: the atoms of each, the slowest first
    std::vector<std::size_t> order;              ///< of the library: all atoms, the slowest first

    std::int64_t size() const;
    /// Of some atoms.
    std::int64_t size(const std::vector<std::size_t>& atoms) const;
    shape_type shape() const;
};

/// As the file has it.
layout in_order(const shape_type& shape);
/// Axis 1 last: images and sequences whose channels come first.
layout channels_last(const shape_type& shape);

/// Axes in another order, as Transpose does.
layout transposed(const layout& of, const std::vector<std::int64_t>& order);
/// Other axes for the same elements; nothing if they would have to move.
std::optional<layout> reshaped(const layout& of, const shape_type& to);
/// Atoms that are neighbours on both sides become one.
layout merged(const layout& of);
/// Elements of both lie in the same places.
bool same_places(const layout& a, const layout& b);

/// The atoms of one axis in the order of the library.
std::vector<std::size_t> in_library_order(const layout& of, const std::vector<std::size_t>& atoms);
/// For each index along the axes of these atoms (in the file's order) its index in the library's order of the same atoms.
std::vector<std::size_t> places(const layout& of, const std::vector<std::size_t>& atoms);
/// For each element of the file its place in the value.
std::vector<std::size_t> places(const layout& of);

/// Atoms that come before, in and after a run of neighbours in the library's order; nothing if they are none.
struct split_order {
    std::vector<std::size_t> before, inside, after;
};
std::optional<split_order> split_at(const layout& of, const std::vector<std::size_t>& atoms);

}  // namespace archetype::lower
