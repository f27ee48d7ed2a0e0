// SPDX-License-Identifier: BSL-1.0
/// @file joins.hpp
/// How the results of several branches become one.
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// A type that joins results: `kind`, and `join(shapes, count)` in place of a layer's `describe`.
template <class T>
concept join_layer = requires(const shape* in) {
    { T::kind } -> std::convertible_to<text_view>;
    { T::join(in, std::size_t{}) } -> std::same_as<layer_facts>;
};

namespace detail {

/// Joins element by element: all results have the same shape.
template <join_kind Kind>
struct elementwise_join {
    static constexpr layer_role role = layer_role::join;
    static constexpr layer_facts join(const shape* in, std::size_t count) {
        layer_facts facts = detail::blank_facts;
        facts.output = in[0];
        for (std::size_t i = 1; i < count; ++i)
            if (in[i] != in[0]) return broken_layer(rule::joined_shapes_differ);
        facts.joins = Kind;
        facts.pointwise_operations = (count - 1) * in[0].size();
        return facts;
    }
};

}  // namespace detail

/// Sum of the branches, as in a residual block (He et al. 2015).
struct add : detail::elementwise_join<join_kind::sum> {
    static constexpr text_view kind = "add";
};
/// Product of the branches, element by element.
struct multiply : detail::elementwise_join<join_kind::product> {
    static constexpr text_view kind = "multiply";
};
/// Mean of the branches.
struct average : detail::elementwise_join<join_kind::mean> {
    static constexpr text_view kind = "average";
};
/// Largest of the branches, element by element.
struct maximum : detail::elementwise_join<join_kind::maximum> {
    static constexpr text_view kind = "maximum";
};

/// The branches' channels (features) one after the other; all other extents are equal.
struct concatenate {
    static constexpr text_view kind = "concatenate";
    static constexpr layer_role role = layer_role::join;
    static constexpr layer_facts join(const shape* in, std::size_t count) {
        layer_facts facts = detail::blank_facts;
        facts.output = in[0];
        facts.joins = join_kind::concatenation;
        std::size_t& channels = facts.output.extents[in[0].rank - 1];
        for (std::size_t i = 1; i < count; ++i) {
            shape same = in[i];
            if (same.rank == in[0].rank) same.extents[same.rank - 1] = in[0].channels();
            if (same != in[0]) return broken_layer(rule::joined_shapes_differ);
            channels += in[i].channels();
        }
        return facts;
    }
};

}  // namespace archetype
