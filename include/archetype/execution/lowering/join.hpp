// SPDX-License-Identifier: BSL-1.0
/// @file join.hpp
/// Joins that no step before them can take: a loop over the first branch, the others in its epilogue.
#pragma once
#include <archetype/architecture/layers/joins.hpp>
#include <archetype/execution/lowering/pointwise.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Join>
requires(Join::role == layer_role::join) struct lowering<Join> : pointwise_lowering {
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
