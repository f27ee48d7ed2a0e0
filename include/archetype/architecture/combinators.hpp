// SPDX-License-Identifier: BSL-1.0
/// @file combinators.hpp
/// Types that put layers together.
#pragma once
#include <archetype/architecture/layer.hpp>

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>
#include <initializer_list>

namespace archetype {

/// The shape of one sample: `input<28, 28, 1>`, channels last.
template <std::size_t... Extents>
requires(sizeof...(Extents) >= 1 && sizeof...(Extents) <= 3) struct input {
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

namespace detail {

// How a part is visited and what layers it holds. `visit` runs over values, so a repeated block is
// instantiated once.
template <class Part>
struct part {
    using layers = boost::mp11::mp_list<Part>;
    static constexpr std::size_t count = 1;
    static constexpr std::size_t scopes = 1;
    static constexpr bool is_layer = true;
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        visitor.template visit_layer<Part>(text_view{});
    }
};

// Sums and calls over arrays: a fold expression of n parts costs compilers n * n, and clang stops at 256.
constexpr std::size_t sum(std::initializer_list<std::size_t> numbers) {
    std::size_t total = 0;
    for (const std::size_t number : numbers) total += number;
    return total;
}

template <class... Parts>
struct part<sequence<Parts...>> {
    using layers = boost::mp11::mp_append<boost::mp11::mp_list<>, typename part<Parts>::layers...>;
    static constexpr std::size_t count = sum({part<Parts>::count...});
    static constexpr std::size_t scopes = sum({part<Parts>::scopes...});
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        using call = void (*)(Visitor&);
        for (const call next : std::initializer_list<call>{&part<Parts>::template visit<Visitor>...})
            next(visitor);
    }
};

template <std::size_t N, class Block>
struct part<repeat<N, Block>> {
    using layers = boost::mp11::mp_apply<
        boost::mp11::mp_append,
        boost::mp11::mp_push_front<
            boost::mp11::mp_repeat_c<boost::mp11::mp_list<typename part<Block>::layers>, N>,
            boost::mp11::mp_list<>>>;
    static constexpr std::size_t count = N * part<Block>::count;
    static constexpr std::size_t scopes = N * part<Block>::scopes;
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        for (std::size_t i = 0; i < N; ++i) part<Block>::visit(visitor);
    }
};

template <name Name, class Part>
struct part<named<Name, Part>> {
    using layers = typename part<Part>::layers;
    static constexpr std::size_t count = part<Part>::count;
    static constexpr bool names_a_layer = requires { part<Part>::is_layer; };
    static constexpr std::size_t scopes = part<Part>::scopes + (names_a_layer ? 0 : 1);
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

template <class... Parts>
struct part<network<Parts...>> : part<sequence<Parts...>> {};

template <class T>
inline constexpr bool is_input = false;
template <std::size_t... Extents>
inline constexpr bool is_input<input<Extents...>> = true;

}  // namespace detail
}  // namespace archetype
