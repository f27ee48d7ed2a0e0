// SPDX-License-Identifier: BSL-1.0
/// @file pieces.hpp
/// Parts of tensors, and tensors of parts.
#pragma once
#include "indexing.hpp"

#include <vector>

namespace archetype::evaluate {

/// Joined along an axis that all have. @throws file_error
array joined(const call& at, const std::vector<const array*>& parts, std::size_t axis);

/// From `first` on, each `steps`th, so many as `to` says. The places must exist.
array sliced(const array& from, const std::vector<std::int64_t>& first,
             const std::vector<std::int64_t>& steps, const shape_type& to);
/// `length` of one axis from `first` on.
array part_of(const array& from, std::size_t axis, std::int64_t first, std::int64_t length);

}  // namespace archetype::evaluate
