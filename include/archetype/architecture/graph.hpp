// SPDX-License-Identifier: BSL-1.0
/// @file graph.hpp
/// Networks that are no chain: residuals, branches, skips between named points, several inputs and outputs, shared
/// parameters.
#pragma once
#include <archetype/architecture/combinators.hpp>
#include <archetype/architecture/layers/joins.hpp>

namespace archetype {

/// What comes in, as it is.
using identity = sequence<>;

/// Sum of `Body` and `Shortcut`, both applied to what comes in (He et al. 2015). Activations after the sum follow as
/// layers.
template <class Body, class Shortcut = identity>
struct residual {};

/// Each part applied to what comes in; `Join` (joins.hpp) makes one result of theirs.
/// A part without a name of its own is named "branch", "branch_1" and so on.
template <join_layer Join, class... Parts>
requires(sizeof...(Parts) > 0) struct branches {
};

namespace detail {
template <std::ptrdiff_t Axis, class Join, class Indices, class... Parts>
struct split_branches;
template <std::ptrdiff_t Axis, class Join, std::size_t... I, class... Parts>
struct split_branches<Axis, Join, boost::mp11::index_sequence<I...>, Parts...> {
    using type = branches<Join, sequence<chunk<Axis, I, sizeof...(Parts)>, Parts>...>;
};
}  // namespace detail

/// As many equal parts of axis `Axis` (numbers as in slice.hpp) as there are `Parts`, each through its own, their results
/// joined: the two halves of a unit of ShuffleNet v2 (Ma et al. 2018). Names are those of `branches`. Other sizes are
/// `branches` of slices.
template <std::ptrdiff_t Axis, join_layer Join, class... Parts>
requires(sizeof...(Parts) > 0) using split =
    typename detail::split_branches<Axis, Join, boost::mp11::index_sequence_for<Parts...>, Parts...>::type;

/// Names the result before it, for `merge` and `from` further down. A point that stands already moves here.
template <name Name>
struct point {};

/// The network goes on from a point (or a named input) instead of from the result before it.
template <name Point>
struct from {};

/// Joins the result before it with those at points, in this order.
template <join_layer Join, name... Points>
requires(sizeof...(Points) > 0) struct merge {
};

/// A further output of the network: the result of `Parts` (such as a side classifier) applied to what comes in, which
/// goes on unchanged. The outputs of a network are its end, then its side outputs in order.
template <name Name, class... Parts>
struct side_output {};

/// `Part` with parameters that all parts shared by this name have in common. They count once.
template <name Name, class Part>
struct shared {};

namespace detail {

template <class Body, class Shortcut>
struct part<residual<Body, Shortcut>> {
    struct content {
        using layers =
            boost::mp11::mp_append<typename part<Body>::content::layers,
                                   typename part<Shortcut>::content::layers, boost::mp11::mp_list<add>>;
    };
    static constexpr bool has_shortcut = part<Shortcut>::size.layers != 0;
    static constexpr tally size = sum({part<Body>::size,
                                       part<Shortcut>::size,
                                       {.layers = 1, .scopes = has_shortcut ? 2u : 1u, .edges = 2}});
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        const std::size_t begin = visitor.current;
        part<Body>::visit(visitor);
        std::size_t ends[2]{visitor.current};
        visitor.current = begin;
        if constexpr (has_shortcut) visitor.open("shortcut");
        part<Shortcut>::visit(visitor);
        if constexpr (has_shortcut) visitor.close();
        ends[1] = visitor.current;
        visitor.template visit_join<add>(ends);
    }
};

template <class Part>
inline constexpr bool is_named = false;
template <name Name, class Part>
inline constexpr bool is_named<named<Name, Part>> = true;
// Of a `split`: the chunk stands beside the part that has a name.
template <std::ptrdiff_t Axis, std::size_t I, std::size_t N, name Name, class Part>
inline constexpr bool is_named<sequence<chunk<Axis, I, N>, named<Name, Part>>> = true;

template <class Join, class... Parts>
struct part<branches<Join, Parts...>> {
    struct content {
        using layers =
            boost::mp11::mp_append<typename part<Parts>::content::layers..., boost::mp11::mp_list<Join>>;
    };
    static constexpr tally size =
        sum({part<Parts>::size..., {.layers = 1, .scopes = sizeof...(Parts) + 1, .edges = sizeof...(Parts)}});
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        using call = void (*)(Visitor&);
        const std::size_t begin = visitor.current;
        std::size_t ends[sizeof...(Parts)]{};
        std::size_t done = 0;
        for (const call next : {&visit_branch<Parts, Visitor>...}) {
            visitor.current = begin;
            static_cast<call>(next)(visitor);
            ends[done++] = visitor.current;
        }
        visitor.template visit_join<Join>(ends);
    }

private:
    template <class Part, class Visitor>
    static constexpr void visit_branch(Visitor& visitor) {
        constexpr bool opens = !is_named<Part> && part<Part>::size.layers != 0;
        if constexpr (opens) visitor.open("branch");
        part<Part>::visit(visitor);
        if constexpr (opens) visitor.close();
    }
};

template <name Name>
struct part<point<Name>> {
    struct content {
        using layers = boost::mp11::mp_list<>;
    };
    static constexpr tally size{.points = 1};
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        visitor.mark(Name.view());
    }
};

template <name Name>
struct part<from<Name>> {
    struct content {
        using layers = boost::mp11::mp_list<>;
    };
    static constexpr tally size{.scopes = 1};
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        visitor.current = visitor.find(Name.view(), 0);
    }
};

template <class Join, name... Points>
struct part<merge<Join, Points...>> {
    struct content {
        using layers = boost::mp11::mp_list<Join>;
    };
    static constexpr tally size{.layers = 1, .scopes = 2, .edges = 1 + sizeof...(Points)};
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        const std::size_t reader = visitor.next_position();
        visitor.template visit_join<Join>({visitor.current, visitor.find(Points.view(), reader)...});
    }
};

template <name Name, class... Parts>
struct part<side_output<Name, Parts...>> {
    using inside = part<sequence<Parts...>>;
    struct content {
        using layers = typename inside::content::layers;
    };
    static constexpr tally size = sum({inside::size, {.scopes = 1, .outputs = 1}});
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        const std::size_t begin = visitor.current;
        visitor.open(Name.view());
        inside::visit(visitor);
        visitor.close();
        visitor.add_output(Name.view());
        visitor.current = begin;
    }
};

template <name Name, class Part>
struct part<shared<Name, Part>> {
    struct content {
        using layers = typename part<Part>::content::layers;
    };
    static constexpr tally size = sum({part<Part>::size, {.scopes = 1, .shared = 1}});
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        visitor.open(Name.view());
        const std::size_t before = visitor.begin_shared(Name.view());
        part<Part>::visit(visitor);
        visitor.end_shared(before);
        visitor.close();
    }
};

template <std::size_t... Extents>
struct part<input<Extents...>> {
    struct content {
        using layers = boost::mp11::mp_list<input<Extents...>>;
    };
    static constexpr tally size{.layers = 1, .scopes = 1, .points = 1};
    static constexpr bool is_layer = true;
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        visitor.visit_input(input<Extents...>::value, text_view{});
    }
};
template <name Name, std::size_t... Extents>
struct part<named<Name, input<Extents...>>> : part<input<Extents...>> {
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        visitor.visit_input(input<Extents...>::value, Name.view());
    }
};

}  // namespace detail
}  // namespace archetype
