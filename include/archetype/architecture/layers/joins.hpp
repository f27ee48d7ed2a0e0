// SPDX-License-Identifier: BSL-1.0
/// @file joins.hpp
/// How the results of several branches become one.
#pragma once
#include <archetype/architecture/layers/slice.hpp>

namespace archetype {

/// A type that joins results: `kind`, and `join(shapes, count)` in place of a layer's `describe`.
template <class T>
concept join_layer = requires(const shape* in) {
    { T::kind } -> std::convertible_to<text_view>;
    { T::join(in, std::size_t{}) } -> std::same_as<layer_facts>;
};

namespace detail {

/// The extents that all of `in` stretch to as NumPy's arrays do: beginning with the last axis, extents are equal or 1, and
/// axes that are missing repeat. Rank 0 if they do not fit.
constexpr shape stretched_shape(const shape* in, std::size_t count) {
    shape made;
    for (std::size_t i = 0; i < count; ++i) made.rank = in[i].rank > made.rank ? in[i].rank : made.rank;
    for (std::size_t axis = 0; axis < made.rank; ++axis) made.extents[axis] = 1;
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t axis = 0; axis < in[i].rank; ++axis) {
            std::size_t& extent = made.extents[axis + made.rank - in[i].rank];
            if (in[i][axis] == extent || in[i][axis] == 1) continue;
            if (extent != 1) return {};
            extent = in[i][axis];
        }
    return made;
}

/// Joins element by element: all results have the same shape, or one that repeats.
template <join_kind Kind>
struct elementwise_join {
    static constexpr layer_role role = layer_role::join;
    static constexpr join_kind joins = Kind;
    static constexpr layer_facts join(const shape* in, std::size_t count) {
        if ((Kind == join_kind::difference || Kind == join_kind::quotient) && count != 2)
            return broken_layer(rule::join_takes_two);
        layer_facts facts = detail::blank_facts;
        facts.output = in[0];
        for (std::size_t i = 1; i < count; ++i)
            if (in[i] != in[0]) facts.output = stretched_shape(in, count);
        if (facts.output.rank == 0) return broken_layer(rule::joined_shapes_differ);
        for (std::size_t i = 0; facts.output.rank == 4 && i < count; ++i)
            if (in[i].height() != 1 && in[i].height() != facts.output.height())
                return broken_layer(rule::volume_repeats_partly);
        facts.joins = Kind;
        facts.pointwise_operations = (count - 1) * facts.output.size();
        return facts;
    }
};

}  // namespace detail

/// Sum of the branches, as in a residual block (He et al. 2015). As in all joins but `concatenate` branches may repeat:
/// {C}, {1}, {H, W, 1}, {1, 1, C} are joined with {H, W, C} as NumPy, Keras and PyTorch broadcast.
struct add : detail::elementwise_join<join_kind::sum> {
    static constexpr text_view kind = "add";
};
/// The first of two branches minus the second.
struct subtract : detail::elementwise_join<join_kind::difference> {
    static constexpr text_view kind = "subtract";
};
/// Product of the branches, element by element: with a branch of {C} the gates of squeeze and excitation (Hu et al. 2017).
struct multiply : detail::elementwise_join<join_kind::product> {
    static constexpr text_view kind = "multiply";
};
/// The first of two branches divided by the second.
struct divide : detail::elementwise_join<join_kind::quotient> {
    static constexpr text_view kind = "divide";
};
/// Mean of the branches.
struct average : detail::elementwise_join<join_kind::mean> {
    static constexpr text_view kind = "average";
};
/// Largest of the branches, element by element. Of equal ones the first has the gradient.
struct maximum : detail::elementwise_join<join_kind::maximum> {
    static constexpr text_view kind = "maximum";
};
/// Smallest of the branches, element by element. Of equal ones the first has the gradient.
struct minimum : detail::elementwise_join<join_kind::minimum> {
    static constexpr text_view kind = "minimum";
};

/// The branches along axis `Axis` one after the other (numbers as in slice.hpp); all other extents are equal.
template <std::ptrdiff_t Axis>
struct concatenate_along {
    static constexpr text_view kind = "concatenate";
    static constexpr layer_role role = layer_role::join;
    static constexpr join_kind joins = join_kind::concatenation;
    static constexpr layer_facts join(const shape* in, std::size_t count) {
        layer_facts facts = detail::blank_facts;
        const std::size_t axis = detail::axis_of(in[0], Axis);
        if (axis == in[0].rank) return broken_layer(rule::axis_does_not_exist);
        if (in[0].rank == 4 && axis == 1) return broken_layer(rule::takes_no_volume);
        facts.output = in[0];
        facts.joins = join_kind::concatenation;
        facts.axis = detail::image_axis(in[0], axis);
        std::size_t& joined = facts.output.extents[axis];
        for (std::size_t i = 1; i < count; ++i) {
            shape same = in[i];
            if (same.rank == in[0].rank) same.extents[axis] = in[0][axis];
            if (same != in[0]) return broken_layer(rule::joined_shapes_differ);
            joined += in[i][axis];
        }
        return facts;
    }
};
/// The branches' channels (features) one after the other; all other extents are equal.
struct concatenate : concatenate_along<-1> {};

}  // namespace archetype
