// SPDX-License-Identifier: BSL-1.0
/// @file facts.hpp
/// The one pass over a network: a flat array of facts, one for each layer, computed on values.
#pragma once
#include <archetype/architecture/combinators.hpp>

#include <array>

namespace archetype {

/// How far a value sees into the input of the network.
struct receptive_field {
    std::size_t height = 1, width = 1;            ///< cells of the input one element depends on
    std::size_t step_height = 1, step_width = 1;  ///< cells between neighbouring elements
    constexpr bool operator==(const receptive_field&) const = default;
};

/// A layer in its place.
struct node : layer_facts {
    text_view kind{};
    layer_role role{};
    std::size_t scope = 0;  ///< its own entry among the scopes
    shape input{};
    receptive_field field{};

    constexpr std::uint64_t count(bool trainable) const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < parameter_tensors; ++i)
            if (parameters[i].trainable == trainable) sum += parameters[i].extents.size();
        return sum;
    }
};

/// A name in the tree of names: of a part, or (its kind) of a layer without one.
struct scope {
    text_view text{};
    std::size_t parent = 0;
    std::size_t first = 0, last = 0;  ///< its layers
};

/// The first thing wrong with a network: which rule, at which layer (counted from 1), given which shape.
struct fault {
    rule broken = rule::ok;
    std::size_t layer = 0;
    shape input{};
    std::size_t scope = 0;  ///< the named part it stands in, an index into the scopes; 0 for none
    constexpr bool operator==(const fault&) const = default;
};

/// All facts of a network with `Layers` layers and `Scopes` names. Scope 0 is the network itself.
template <std::size_t Layers, std::size_t Scopes>
struct network_facts {
    fault first_fault{};
    shape input{}, output{};
    std::array<node, Layers == 0 ? 1 : Layers> nodes{};
    std::array<scope, Scopes> scopes{};
    std::size_t node_count = 0, scope_count = 1;
    static constexpr std::size_t size() { return Layers; }
};

namespace detail {

template <class Facts>
struct facts_builder {
    Facts facts{};
    shape current{};
    receptive_field field{};
    std::size_t inside = 0;

    constexpr std::size_t add_scope(text_view text) {
        facts.scopes[facts.scope_count] = {text, inside, facts.node_count, facts.node_count};
        return facts.scope_count++;
    }
    constexpr void open(text_view text) { inside = add_scope(text); }
    constexpr void close() {
        facts.scopes[inside].last = facts.node_count;
        inside = facts.scopes[inside].parent;
    }

    /// `given` is the layer's own name, empty if it has none.
    template <class Layer>
    constexpr void visit_layer(text_view given) {
        if (facts.first_fault.broken != rule::ok) {
            ++facts.node_count;
            return;
        }
        node& here = facts.nodes[facts.node_count];
        const std::size_t position = facts.node_count + 1;
        if constexpr (layer<Layer>) {
            static_cast<layer_facts&>(here) = Layer::describe(current);
            here.kind = Layer::kind;
            here.role = Layer::role;
        } else {
            here.broken = is_input<Layer> ? rule::input_is_not_first : rule::not_a_layer;
        }
        if (here.broken != rule::ok) {
            facts.first_fault = {here.broken, position, current, given.empty() ? inside : add_scope(given)};
            ++facts.node_count;
            return;
        }
        here.input = current;
        here.scope = add_scope(given.empty() ? here.kind : given);
        ++facts.node_count;
        facts.scopes[here.scope].last = facts.node_count;
        widen(here);
        current = here.output;
    }

    constexpr void widen(node& here) {
        if (here.sees_everything) {
            field = {facts.input.height(), facts.input.width(), facts.input.height(), facts.input.width()};
        } else if (here.has_window) {
            field.height += (here.window.rows.reach() - 1) * field.step_height;
            field.width += (here.window.columns.reach() - 1) * field.step_width;
            field.step_height *= here.window.rows.stride;
            field.step_width *= here.window.columns.stride;
        }
        here.field = field;
    }
};

template <class Net>
struct split_network;
template <class... Parts>
struct split_network<network<Parts...>> {
    using body = sequence<Parts...>;
    static constexpr rule broken = rule::input_is_missing;
    static constexpr shape input{};
};
template <std::size_t... Extents, class... Parts>
struct split_network<network<archetype::input<Extents...>, Parts...>> {
    using body = sequence<Parts...>;
    static constexpr rule broken =
        archetype::input<Extents...>::value.has_zero() ? rule::extent_is_zero : rule::ok;
    static constexpr shape input = archetype::input<Extents...>::value;
};

template <class Net>
constexpr auto gather_facts() {
    using split = split_network<Net>;
    using body = part<typename split::body>;
    facts_builder<network_facts<body::count, body::scopes + 1>> builder;
    builder.facts.input = builder.current = split::input;
    builder.facts.first_fault = {split::broken, 0, split::input};
    body::visit(builder);
    builder.facts.output = builder.current;
    builder.facts.scopes[0].last = builder.facts.node_count;
    return builder.facts;
}

/// The facts of `Net`, right or wrong. Everything else starts from `facts_of` (check.hpp), which reports a
/// fault.
template <class Net>
inline constexpr auto unchecked_facts = gather_facts<Net>();

/// The types of the layers, in order.
template <class Net>
using layers_of = typename part<typename split_network<Net>::body>::layers;

}  // namespace detail
}  // namespace archetype
