// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// Any shape -> {number of its elements}, in memory order (slices, rows, columns, channels). Moves no data.
struct flatten {
    static constexpr text_view kind = "flatten";
    static constexpr layer_role role = layer_role::alias;
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        facts.output = shape{static_cast<std::size_t>(in.size())};
        return facts;
    }
};

/// Any shape -> {Extents...} with the same number of elements, in memory order. Moves no data.
template <std::size_t... Extents>
requires(sizeof...(Extents) >= 1 && sizeof...(Extents) <= 4) struct reshape {
    static constexpr text_view kind = "reshape";
    static constexpr layer_role role = layer_role::alias;
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        facts.output = shape(Extents...);
        if (facts.output.has_zero()) return broken_layer(rule::extent_is_zero);
        if (facts.output.size() != in.size()) return broken_layer(rule::reshape_changes_the_size);
        return facts;
    }
};

}  // namespace archetype
