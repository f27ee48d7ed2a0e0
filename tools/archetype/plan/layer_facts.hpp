// SPDX-License-Identifier: BSL-1.0
/// @file layer_facts.hpp
/// What the library says of a layer, for layers that are known at run time.
#pragma once
#include "../lower/structure.hpp"

#include <archetype/architecture/layer.hpp>

#include <optional>
#include <span>

namespace archetype::plan {

using lower::layer;
using lower::network;
using lower::part;
using lower::shape_type;
using lower::structure;

/// Facts and role of a layer. Counts are left out: shapes, windows, moves and scratch memory are what planning asks for.
struct described {
    archetype::layer_facts facts;
    archetype::layer_role role{};
};

archetype::shape library_shape(const shape_type& of);

/// Nothing for a layer that has no rule here.
std::optional<described> described_layer(const part& one, const layer& of, const archetype::shape& in);
/// The same of a join of these shapes; `type` as in C++ ("concatenate_along<1>").
std::optional<described> described_join(const std::string& type, std::span<const archetype::shape> in);

}  // namespace archetype::plan
