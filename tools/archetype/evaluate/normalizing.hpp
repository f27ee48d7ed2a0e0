// SPDX-License-Identifier: BSL-1.0
/// @file normalizing.hpp
/// Softmax along an axis.
#pragma once
#include "call.hpp"

namespace archetype::evaluate {

/// Rows of `extent` elements, `inner` apart.
void softmax_rows(reals& of, std::size_t extent, std::size_t inner, bool logarithm);

struct softmax_axis {
    std::size_t extent = 0, inner = 1;
};
/// Up to version 12 all axes from the attribute `axis` on, then one.
softmax_axis softmax_axis_of(const call& at, const shape_type& shape, std::int64_t version);

}  // namespace archetype::evaluate
