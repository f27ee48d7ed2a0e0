// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/graph.hpp>
#include <archetype/architecture/layers/embedding.hpp>

namespace archetype {

/// Adds a trained vector for the type of each step, such as the first or the second sentence (BERT's segments):
/// {T, Width} -> {T, Width}; Types * Width parameters (`embeddings` {Types, Width}). The class numbers, 0 to Types - 1, are those of
/// a point or a named input {T}: an `embedding<Types, Width>` of them, and a sum. BERT's three tables are
/// `embedding<30522, 768>, position_embedding<512>, token_type_embedding<2, 768>`. Options: those of `embedding`.
template <std::size_t Types, std::size_t Width, name Point = "token_type_ids", class... Options>
struct token_type_embedding {};

namespace detail {

template <std::size_t Types, std::size_t Width, name Point, class... Options>
struct token_types_part {
    using table = embedding<Types, Width, Options...>;
    struct content {
        using layers = boost::mp11::mp_list<table, add>;
    };
    static constexpr tally size{.layers = 2, .scopes = 4, .edges = 3};
    template <class Visitor>
    static constexpr void visit(Visitor& visitor, text_view given) {
        const std::size_t before = visitor.current;
        visitor.current = visitor.find(Point.view(), visitor.next_position());
        visitor.template visit_layer<table>(given);
        visitor.template visit_join<add>({visitor.current, before});
    }
};

template <std::size_t Types, std::size_t Width, name Point, class... Options>
struct part<token_type_embedding<Types, Width, Point, Options...>>
    : token_types_part<Types, Width, Point, Options...> {
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        token_types_part<Types, Width, Point, Options...>::visit(visitor, text_view{});
    }
};
template <name Name, std::size_t Types, std::size_t Width, name Point, class... Options>
struct part<named<Name, token_type_embedding<Types, Width, Point, Options...>>>
    : token_types_part<Types, Width, Point, Options...> {
    template <class Visitor>
    static constexpr void visit(Visitor& visitor) {
        token_types_part<Types, Width, Point, Options...>::visit(visitor, Name.view());
    }
};

}  // namespace detail
}  // namespace archetype
