// SPDX-License-Identifier: BSL-1.0
/// @file attention.hpp
/// What remains of attention once all layers are there.
#pragma once
#include "lower.hpp"

namespace archetype::lower {

/// Attention with dense layers before and behind it becomes one layer with these inside, other masks a channel of what it reads.
void finish_attention(lowered& made);

/// Layers that lead to no output go; inputs stay.
void drop_unused(lowered& made);

}  // namespace archetype::lower
