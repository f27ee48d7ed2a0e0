// SPDX-License-Identifier: BSL-1.0
/// @file join_weights.hpp
/// Joins with numbers of the layer's own: trained, or constants of a file.
#pragma once
#include <archetype/architecture/layers/joins.hpp>

namespace archetype {

namespace detail {

/// Joins what comes in (first) with one tensor of the layer's own.
template <class Join, shape Extents, bool Trained, class... Options>
struct own_operand {
    static constexpr layer_role role = layer_role::operand;
    using join = Join;
    static constexpr shape extents = Extents;
    static constexpr shape extents_for(const shape&) { return Extents; }
    static constexpr option_values options = read_options<kernel_options, Options...>();
    using initializer = typename initializer_among<kernel_initializer, Options...>::type;

    static constexpr layer_facts describe(const shape& in) {
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (Extents.rank == 0 || Extents.has_zero()) return broken_layer(rule::extent_is_zero);
        const shape both[] = {in, Extents};
        const layer_facts joined = Join::join(both, 2);
        if (joined.broken == rule::joined_shapes_differ) return broken_layer(rule::weights_do_not_repeat);
        if (joined.broken != rule::ok) return joined;
        layer_facts facts = blank_facts;
        facts.output = joined.output;
        facts.variant = static_cast<double>(joined.joins);
        facts.knows_places = Extents.size() != Extents.channels();
        facts.pointwise_operations = joined.pointwise_operations;
        const bool scales = joined.joins == join_kind::product || joined.joins == join_kind::quotient;
        parameter own{"kernel", Extents, Trained, scales ? initial::ones : initial::zeros};
        if (!std::is_void_v<initializer>) own.start = initial::weights;
        own.fan_in = own.fan_out = 1;
        own.l1 = options.l1, own.l2 = options.l2;
        facts.add(own);
        return facts;
    }
};

}  // namespace detail

/// Joins what comes in with trained weights {Extents}, which repeat as branches of a join do: out = Join(in, kernel).
/// `join_weights<multiply, shape{96}, kernel_initializer<constant<1e-6>>>` is a layer scale (Touvron et al. 2021),
/// `join_weights<add, shape{49, 768}>` adds trained positions. Weights start at 1 in products and quotients, else at 0.
/// Options: l1, l2, kernel_initializer.
/// @tparam Join  add, subtract, multiply, divide, average, maximum, minimum
template <join_layer Join, shape Extents, class... Options>
requires(Join::joins != join_kind::concatenation) struct join_weights
    : detail::own_operand<Join, Extents, true, Options...> {
    static constexpr text_view kind = "join_weights";
};

/// The same with numbers that training leaves as they are: masks, anchors, means and deviations of a file's inputs. They
/// are parameters, so that files of weights bring them.
template <join_layer Join, shape Extents, class... Options>
requires(Join::joins != join_kind::concatenation) struct join_constants
    : detail::own_operand<Join, Extents, false, Options...> {
    static constexpr text_view kind = "join_constants";
};

}  // namespace archetype
