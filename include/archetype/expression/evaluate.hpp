// SPDX-License-Identifier: BSL-1.0
/// @file evaluate.hpp
/// The value of an expression on `float`, `double` or vectors, at run time or in a constant expression.
#pragma once
#include <archetype/expression/functions.hpp>
#include <archetype/expression/plan.hpp>

#include <array>
#include <utility>

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <std::size_t I, class T>
struct slot {
    T content;
};
template <class V, bool Condition>
struct slot_type {
    using type = V;
};
template <class V>
struct slot_type<V, true> {
    using type = typename arithmetic<V>::mask;
};

/// The values of all entries of a plan.
template <class V, class List, class Indices = std::make_index_sequence<List::size>>
struct tape;
template <class V, class List, std::size_t... I>
struct tape<V, List, std::index_sequence<I...>>
    : slot<I, typename slot_type<V, list_facts<List>::facts[I].condition>::type>... {};

template <std::size_t I, class T>
ARCHETYPE_INLINE constexpr T& content(slot<I, T>& s) {
    return s.content;
}
template <std::size_t I, class T>
ARCHETYPE_INLINE constexpr const T& content(const slot<I, T>& s) {
    return s.content;
}

template <int Reference, class T, class In>
ARCHETYPE_INLINE constexpr const auto& fetch(const T& tape, const In& in) {
    if constexpr (Reference < 0)
        return in[static_cast<std::size_t>(-1 - Reference)];
    else
        return content<static_cast<std::size_t>(Reference)>(tape);
}

/// Broadcasts the run-time constants of `e` into the tape.
template <class V, class List, std::size_t Place, class T, class S>
ARCHETYPE_INLINE constexpr void load_constants(T& tape, const constant<S>& e) {
    content<position<entry<constant<S>, Place>>(List{})>(tape) =
        arithmetic<V>::broadcast(static_cast<scalar_of<V>>(e.number));
}
template <class V, class List, std::size_t Place, class T, class E>
requires is_stateless<E> ARCHETYPE_INLINE constexpr void load_constants(T&, const E&) {}
template <class V, class List, std::size_t Place, class T, class Operation, class... As>
requires(!is_stateless<operation<Operation, As...>>) ARCHETYPE_INLINE
    constexpr void load_constants(T& tape, const operation<Operation, As...>& e) {
    [&]<std::size_t... K>(std::index_sequence<K...>) __attribute__((always_inline)) {
        (load_constants<V, List, operand_place<K, As...>(Place)>(tape, operand<K>(e)), ...);
    }
    (std::index_sequence_for<As...>{});
}
template <class V, class List, std::size_t Place, class T, class... As>
requires(!is_stateless<result_list<As...>>) ARCHETYPE_INLINE
    constexpr void load_constants(T& tape, const result_list<As...>& e) {
    [&]<std::size_t... K>(std::index_sequence<K...>) __attribute__((always_inline)) {
        (load_constants<V, List, operand_place<K, As...>(Place)>(tape, operand<K>(e)), ...);
    }
    (std::index_sequence_for<As...>{});
}

template <std::size_t I, class List>
using operation_at = typename operation_of<typename decltype(find_number<I>(
    typename list_facts<List>::numbers{}))::type::expression>::type;

/// Entry `I` is a * b + c * d. Left to itself a compiler may round either product, here one and there the other: the
/// second one is rounded everywhere.
template <std::size_t I, class List>
inline constexpr bool adds_two_products = [] {
    constexpr entry_facts facts = list_facts<List>::facts[I];
    if constexpr (facts.operands == 2 && facts.operand[0] >= 0 && facts.operand[1] >= 0)
        return std::is_same_v<operation_at<I, List>, operations::add> &&
               std::is_same_v<operation_at<static_cast<std::size_t>(facts.operand[0]), List>,
                              operations::multiply> &&
               std::is_same_v<operation_at<static_cast<std::size_t>(facts.operand[1]), List>,
                              operations::multiply>;
    else
        return false;
}();
/// Factor `K` of the product that is the first operand of entry `I`.
template <std::size_t I, std::size_t K, class List, class T, class In>
ARCHETYPE_INLINE constexpr const auto& factor_of(const T& tape, const In& in) {
    constexpr auto product = static_cast<std::size_t>(list_facts<List>::facts[I].operand[0]);
    return fetch<list_facts<List>::facts[product].operand[K]>(tape, in);
}

template <std::size_t I, class V, class List, class T, class In>
ARCHETYPE_INLINE constexpr void compute(T& tape, const In& in) {
    using E = typename decltype(find_number<I>(typename list_facts<List>::numbers{}))::type::expression;
    using Operation = typename operation_of<E>::type;
    constexpr entry_facts facts = list_facts<List>::facts[I];
    if constexpr (facts.operands == 1)
        content<I>(tape) = Operation::value(fetch<facts.operand[0]>(tape, in));
    else if constexpr (adds_two_products<I, List>)
        content<I>(tape) =
            arithmetic<V>::fma(factor_of<I, 0, List>(tape, in), factor_of<I, 1, List>(tape, in),
                               fetch<facts.operand[1]>(tape, in));
    else if constexpr (facts.operands == 2)
        content<I>(tape) =
            Operation::value(fetch<facts.operand[0]>(tape, in), fetch<facts.operand[1]>(tape, in));
    else if constexpr (facts.operands == 3)
        content<I>(tape) =
            Operation::value(fetch<facts.operand[0]>(tape, in), fetch<facts.operand[1]>(tape, in),
                             fetch<facts.operand[2]>(tape, in));
    else if constexpr (is_stateless<E>)
        content<I>(tape) = arithmetic<V>::broadcast(static_cast<scalar_of<V>>(E::number));
}

/// All operations of a plan, its constants being in the tape.
template <class V, class List, class T, class In>
ARCHETYPE_INLINE constexpr void compute_all(T& tape, const In& in) {
    [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
        (compute<I, V, List>(tape, in), ...);
    }
    (std::make_index_sequence<List::size>{});
}

template <class V, class E, class T, class In>
ARCHETYPE_INLINE constexpr void record(T& tape, const E& e, const In& in) {
    using list = typename plan<E>::list;
    load_constants<V, list, 1>(tape, e);
    compute_all<V, list>(tape, in);
}

/// The results of an expression: one value, or an array of several.
template <class V, class E, class T, class In>
ARCHETYPE_INLINE constexpr auto results_of(const T& tape, const In& in) {
    using plan = detail::plan<E>;
    if constexpr (is_results<E>)
        return [&]<std::size_t... R>(std::index_sequence<R...>) __attribute__((always_inline)) {
            return std::array<V, sizeof...(R)>{fetch<plan::roots[R]>(tape, in)...};
        }
    (std::make_index_sequence<plan::results>{});
    else return V(fetch<plan::roots[0]>(tape, in));
}

template <class E>
concept evaluable = (is_expression<E> && !is_condition<E>) || is_results<E>;

/// An expression as it is, a generic lambda traced with N variables.
template <std::size_t N, class E>
ARCHETYPE_INLINE constexpr auto traced(const E& e) {
    if constexpr (evaluable<E>)
        return e;
    else
        return trace<N>(e);
}

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// The value of `e` (an expression, or a generic lambda of as many arguments) where variable I is the I-th
/// value. Several results come as `std::array<V, n>`.
template <class E, value V, std::same_as<V>... Vs>
ARCHETYPE_INLINE constexpr auto evaluate(const E& e, const V& first, const Vs&... others) {
    const auto expression = detail::traced<1 + sizeof...(Vs)>(e);
    using X = std::remove_const_t<decltype(expression)>;
    using plan = detail::plan<X>;
    static_assert(variable_count<X> <= 1 + sizeof...(Vs),
                  "the expression has more variables than values were given");
    const std::array<V, 1 + sizeof...(Vs)> in{first, others...};
    detail::tape<V, typename plan::list> tape;
    detail::record<V>(tape, expression, in);
    return detail::results_of<V, X>(tape, in);
}

/// An expression for loops: its run-time constants are brought into the form of `V` once, not for every value.
template <class V, class E>
class prepared {
    using list = typename detail::plan<E>::list;

public:
    ARCHETYPE_INLINE explicit constexpr prepared(const E& e) {
        detail::load_constants<V, list, 1>(constants_, e);
    }
    template <std::same_as<V>... Vs>
    ARCHETYPE_INLINE constexpr auto operator()(const Vs&... values) const {
        static_assert(variable_count<E> <= sizeof...(Vs),
                      "the expression has more variables than values were given");
        const std::array<V, sizeof...(Vs)> in{values...};
        detail::tape<V, list> tape = constants_;
        detail::compute_all<V, list>(tape, in);
        return detail::results_of<V, E>(tape, in);
    }

private:
    detail::tape<V, list> constants_{};
};
/// `prepare<V>(e)(values...)` is `evaluate(e, values...)`.
template <value V, detail::evaluable E>
ARCHETYPE_INLINE constexpr auto prepare(const E& e) {
    return prepared<V, E>(e);
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET
