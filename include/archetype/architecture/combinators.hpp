// SPDX-License-Identifier: BSL-1.0
/// @file combinators.hpp
/// Types that put layers together.
#pragma once
#include <archetype/architecture/layer.hpp>
#include <archetype/architecture/text_writer.hpp>

#include <boost/mp11/integer_sequence.hpp>
#include <boost/mp11/list.hpp>
#include <initializer_list>

namespace archetype {

/// The shape of one sample: `input<28, 28, 1>`, channels last.
template <std::size_t... Extents>
requires(sizeof...(Extents) >= 1 && sizeof...(Extents) <= 4) struct input {
    static constexpr shape value = shape(Extents...);
};

/// A neural network: its input and its layers in order of execution. Everything else about it is a constant
/// of this type.
template <class... Parts>
struct network {};

/// Layers in order, as one part.
template <class... Parts>
struct sequence {};

/// `Block` N times in a row, each time with parameters of its own.
template <std::size_t N, class Block>
struct repeat {};

/// Gives a layer or a block a name. Names nest: "stage3/block2/conv1". A name that stands already at its
/// level (in a `repeat`) gets a number: "block", "block_1", "block_2".
template <name Name, class Part>
struct named {};

/// `Block` N times in a row, each time with parameters of its own, named by a number: "block1", "block2", ... from `First`.
template <name Name, std::size_t N, class Block, std::size_t First = 1>
struct numbered {};

namespace detail {

/// How much of everything a part holds: sizes of the arrays that its facts are written to.
struct tally {
    std::size_t layers = 0, scopes = 0, edges = 0, points = 0, outputs = 0, shared = 0;
    constexpr tally& operator+=(const tally& other) {
        layers += other.layers, scopes += other.scopes, edges += other.edges;
        points += other.points, outputs += other.outputs, shared += other.shared;
        return *this;
    }
    friend constexpr tally operator*(std::size_t times, const tally& one) {
        return {times * one.layers, times * one.scopes,  times * one.edges,
                times * one.points, times * one.outputs, times * one.shared};
    }
    constexpr bool operator==(const tally&) const = default;
};

// Sums and calls over arrays: a fold expression of n parts costs compilers n * n, and clang stops at 256.
constexpr tally sum(std::initializer_list<tally> parts) {
    tally total;
    for (const tally& one : parts) total += one;
    return total;
}

// How a part is visited and what layers it holds. `visit` runs over values, so a repeated block is
// instantiated once. `content` is a class of its own, so that lists of types are made for those who ask only.
template <class Part>
struct part {
    struct content {
        using layers = boost::mp11::mp_list<Part>;
    };
    static constexpr tally size{.layers = 1, .scopes = 1, .edges = 1};
    static constexpr bool is_layer = true;
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        visitor.template visit_layer<Part>(text_view{});
    }
};

template <class... Parts>
struct part<sequence<Parts...>> {
    struct content {
        using layers =
            boost::mp11::mp_append<boost::mp11::mp_list<>, typename part<Parts>::content::layers...>;
    };
    static constexpr tally size = sum({part<Parts>::size...});
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        using call = void (*)(Visitor&);
        for (const call next : std::initializer_list<call>{&part<Parts>::template visit<Visitor>...})
            next(visitor);
    }
};

// Of Mp11 its lists alone: the header of its algorithms would cost compilers a tenth of all of architecture.hpp.
/// The types that `Unwanted` does not hold for, in their order.
template <template <class> class Unwanted, class... Types>
using types_but = boost::mp11::mp_append<
    boost::mp11::mp_list<>,
    boost::mp11::mp_if_c<Unwanted<Types>::value, boost::mp11::mp_list<>, boost::mp11::mp_list<Types>>...>;

/// `List` once for each of the indices, one behind the other.
template <class List, class Indices>
struct repeated_list;
template <class List, std::size_t... I>
struct repeated_list<List, boost::mp11::index_sequence<I...>> {
    template <std::size_t>
    using again = List;
    using type = boost::mp11::mp_append<boost::mp11::mp_list<>, again<I>...>;
};

/// Visits a block that may come again.
template <class Block, class Visitor>
constexpr void visit_again(Visitor& visitor) {
    const std::size_t before = visitor.facts.node_count;
    part<Block>::visit(visitor);
    visitor.period = visitor.facts.node_count - before;
}

template <std::size_t N, class Block>
struct part<repeat<N, Block>> {
    struct content {
        using layers = typename repeated_list<typename part<Block>::content::layers,
                                              boost::mp11::make_index_sequence<N>>::type;
    };
    static constexpr tally size = N * part<Block>::size;
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        const std::size_t around = visitor.period;
        for (std::size_t i = 0; i < N; ++i) visit_again<Block>(visitor);
        visitor.period = around;
    }
};

template <name Name, class Part>
struct part<named<Name, Part>> {
    struct content {
        using layers = typename part<Part>::content::layers;
    };
    static constexpr bool names_a_layer = requires { part<Part>::is_layer; };
    static constexpr tally size = sum({part<Part>::size, {.scopes = names_a_layer ? 0u : 1u}});
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        if constexpr (names_a_layer) {
            visitor.template visit_layer<Part>(Name.view());
        } else {
            visitor.open(Name.view());
            part<Part>::visit(visitor);
            visitor.close();
        }
    }
};

/// A name and a number as text.
template <name Name, std::size_t Number>
struct numbered_text {
    template <class Text>
    static constexpr void write(Text& to) {
        to.append(Name.view());
        to.append_number(Number);
    }
};

template <name Name, std::size_t N, class Block, std::size_t First>
struct part<numbered<Name, N, Block, First>> {
    struct content {
        using layers = typename part<repeat<N, Block>>::content::layers;
    };
    static constexpr tally size = N * sum({part<Block>::size, {.scopes = 1}});
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        visit_all(visitor, boost::mp11::make_index_sequence<N>{});
    }

private:
    template <class Visitor, std::size_t... I>
    static constexpr void visit_all(Visitor& visitor, boost::mp11::index_sequence<I...>) {
        const std::size_t around = visitor.period;
        for (const text_view text :
             std::initializer_list<text_view>{constant_text<numbered_text<Name, First + I>>::view...}) {
            visitor.open(text);
            visit_again<Block>(visitor);
            visitor.close();
        }
        visitor.period = around;
    }
};

// No part: it stands where a layer would, so that the report can name it.
template <class... Parts>
struct part<network<Parts...>> {
    struct content {
        using layers = boost::mp11::mp_list<network<Parts...>>;
    };
    static constexpr tally size{.layers = 1};
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        visitor.visit_network();
    }
};

}  // namespace detail
}  // namespace archetype
