// SPDX-License-Identifier: BSL-1.0
/// @file plan.hpp
/// The order of evaluation of an expression: every distinct operation once, operands first.
///
/// Sub-expressions of the same type without run-time constants are one entry however often the expression
/// uses them (c' of an LSTM cell). Those with run-time constants are told apart by their place and left to
/// the compiler.
#pragma once
#include <archetype/expression/node.hpp>
#include <array>
#include <utility>

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// An operation or constant of the plan. `Place` is 0 unless it has run-time constants.
template <class E, std::size_t Place>
struct entry {
    using expression = E;
    static constexpr std::size_t place = Place;
};

template <class E, std::size_t Place>
using entry_for = entry<E, is_stateless<E> ? 0 : Place>;

template <class... Entries>
struct entries {
    static constexpr std::size_t size = sizeof...(Entries);
};

template <class Key, class... Entries>
consteval std::size_t position(entries<Entries...>) {
    std::size_t at = 0;
    (void)((__is_same(Key, Entries) ? true : (++at, false)) || ...);
    return at;
}

template <std::size_t I, class E>
struct numbered {
    using type = E;
};
template <class Indices, class... Es>
struct numbered_all;
template <std::size_t... I, class... Es>
struct numbered_all<std::index_sequence<I...>, Es...> : numbered<I, Es>... {};
template <std::size_t I, class E>
numbered<I, E> find_number(const numbered<I, E>&);

/// How many places an expression takes; those without run-time constants need only one.
template <class E>
inline constexpr std::size_t places = 1;
template <class Operation, class... As>
requires(!is_stateless<operation<Operation, As...>>) inline constexpr std::size_t
    places<operation<Operation, As...>> = (1 + ... + places<As>);

/// The place of operand K of an operation at `Place`.
template <std::size_t K, class... As>
consteval std::size_t operand_place(std::size_t place) {
    const std::size_t each[] = {places<As>..., 0};
    ++place;
    for (std::size_t k = 0; k < K; ++k) place += each[k];
    return place;
}

template <class List, class E, std::size_t Place>
struct collect;
template <class List, std::size_t Place, class... As>
struct collect_operands {
    using type = List;
};
template <class List, std::size_t Place, class A, class... As>
struct collect_operands<List, Place, A, As...> {
    using type =
        typename collect_operands<typename collect<List, A, Place>::type, Place + places<A>, As...>::type;
};
template <class List, class Entry, bool Known>
struct append {
    using type = List;
};
template <class... Es, class Entry>
struct append<entries<Es...>, Entry, false> {
    using type = entries<Es..., Entry>;
};
template <class List, class E, std::size_t Place>
struct collect : append<List, entry_for<E, Place>, (position<entry_for<E, Place>>(List{}) < List::size)> {};
template <class List, std::size_t I, std::size_t Place>
struct collect<List, variable<I>, Place> {
    using type = List;
};
template <class List, class Operation, class... As, std::size_t Place>
requires(position<entry_for<operation<Operation, As...>, Place>>(List{}) ==
         List::size) struct collect<List, operation<Operation, As...>, Place>
    : append<typename collect_operands<List, Place + 1, As...>::type,
             entry_for<operation<Operation, As...>, Place>, false> {
};

/// Operand references: entries count from 0, variable I is -1 - I.
template <class List, class E, std::size_t Place>
inline constexpr int reference = static_cast<int>(position<entry_for<E, Place>>(List{}));
template <class List, std::size_t I, std::size_t Place>
inline constexpr int reference<List, variable<I>, Place> = -1 - static_cast<int>(I);

inline constexpr std::size_t most_operands = 3;

/// What an entry is, as a value.
struct entry_facts {
    std::size_t operands = 0;
    int operand[most_operands] = {};
    bool condition = false;
};

template <class List, class E, std::size_t Place>
struct describe {
    static constexpr entry_facts facts{};
};
template <class List, class Operation, class... As, std::size_t Place>
struct describe<List, operation<Operation, As...>, Place> {
    static_assert(sizeof...(As) <= most_operands);
    static constexpr entry_facts facts = []<std::size_t... K>(std::index_sequence<K...>) {
        return entry_facts{
            sizeof...(As), {reference<List, As, operand_place<K, As...>(Place)>...}, Operation::is_condition};
    }
    (std::index_sequence_for<As...>{});
};

/// The expression that an entry of the plan applies, as operation or constant.
template <class E>
struct operation_of {
    using type = void;
};
template <class Operation, class... As>
struct operation_of<operation<Operation, As...>> {
    using type = Operation;
};

template <class List>
struct list_facts;
template <class... Es>
struct list_facts<entries<Es...>> {
    using numbers = numbered_all<std::index_sequence_for<Es...>, Es...>;
    static constexpr std::array<entry_facts, sizeof...(Es)> facts{
        describe<entries<Es...>, typename Es::expression, Es::place>::facts...};
};

template <class E>
inline constexpr std::size_t variables_of = 0;
template <std::size_t I>
inline constexpr std::size_t variables_of<variable<I>> = I + 1;
template <class... As>
consteval std::size_t most_variables() {
    std::size_t most = 0;
    ((most = variables_of<As> > most ? variables_of<As> : most), ...);
    return most;
}
template <class Operation, class... As>
inline constexpr std::size_t variables_of<operation<Operation, As...>> = most_variables<As...>();
template <class... As>
inline constexpr std::size_t variables_of<result_list<As...>> = most_variables<As...>();

/// The plan of an expression, or of several results.
template <class E>
struct plan {
    using list = typename collect<entries<>, E, 1>::type;
    static constexpr std::size_t results = 1;
    static constexpr std::array<int, 1> roots{reference<list, E, 1>};
};
template <class... Es>
struct plan<result_list<Es...>> {
    using list = typename collect_operands<entries<>, 2, Es...>::type;
    static constexpr std::size_t results = sizeof...(Es);
    static constexpr std::array<int, sizeof...(Es)> roots = []<std::size_t... K>(std::index_sequence<K...>) {
        return std::array<int, sizeof...(Es)>{reference<list, Es, operand_place<K, Es...>(1)>...};
    }
    (std::index_sequence_for<Es...>{});
};

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// Number of variables an expression takes (one more than the highest used).
template <class E>
inline constexpr std::size_t variable_count = detail::variables_of<std::remove_cvref_t<E>>;

/// Pointwise operations per element: each distinct operation of the expression counts one, a tanh as much as
/// a sum.
template <class E>
inline constexpr std::size_t operation_count = [] {
    std::size_t n = 0;
    for (const auto& f : detail::list_facts<typename detail::plan<std::remove_cvref_t<E>>::list>::facts)
        n += f.operands != 0;
    return n;
}();

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET
