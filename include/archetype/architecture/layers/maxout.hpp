// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/combinators.hpp>
#include <archetype/architecture/layers/dense.hpp>

namespace archetype {

/// The largest of `Pieces` channels that lie {channels} / Pieces apart: channels seen as [Pieces][channels / Pieces], the
/// maximum of each column. {..., C} -> {..., C / Pieces}. No parameters. The gradient goes to the largest piece, of equal
/// ones to the first.
template <std::size_t Pieces>
struct piece_max {
    static constexpr text_view kind = "piece_max";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr std::size_t pieces = Pieces;
    static constexpr layer_facts describe(const shape& in) {
        if (Pieces == 0) return broken_layer(rule::extent_is_zero);
        if (in.channels() % Pieces != 0) return broken_layer(rule::channels_are_not_divisible_by_pieces);
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.output.extents[in.rank - 1] = in.channels() / Pieces;
        facts.variant = static_cast<double>(Pieces);
        facts.sees_one_pixel = true;
        facts.pointwise_operations = in.size();
        return facts;
    }
};

/// Maxout (Goodfellow et al. 2013): the maximum of `Pieces` linear functions for each unit, {m} -> {Units}, with
/// Pieces * Units * (m + 1) parameters. It is a dense layer of Pieces * Units units, piece after piece, and `piece_max`;
/// options are those of dense.
template <std::size_t Units, std::size_t Pieces, class... Options>
using maxout = sequence<dense<Units * Pieces, Options...>, piece_max<Pieces>>;

}  // namespace archetype
