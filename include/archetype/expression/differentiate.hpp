// SPDX-License-Identifier: BSL-1.0
/// @file differentiate.hpp
/// Reverse-mode derivatives of expressions: values upward, adjoints downward, all in registers.
#pragma once
#include <archetype/expression/evaluate.hpp>

#include <array>
#include <utility>

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// A value (or an array of several results) and the gradient with respect to each variable.
template <class Value, class V, std::size_t N>
struct derivative {
    Value value;
    std::array<V, N> gradient;
};

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Which adjoints move where, known from the type: `first` tells that a target has received nothing before,
/// so that it is assigned instead of added to zero.
template <class E, std::size_t N>
struct adjoint_plan {
    static constexpr std::size_t size = plan<E>::list::size;
    struct move {
        bool happens = false, first = false;
    };
    std::array<std::array<move, most_operands>, size + 1> moves{};
    std::array<move, plan<E>::results> seeds{};
    std::array<bool, N> touched{};

    consteval adjoint_plan() {
        const auto& facts = list_facts<typename plan<E>::list>::facts;
        std::array<bool, size + 1> active{}, reached{};
        const auto is_active = [&](int r) { return r < 0 || active[static_cast<std::size_t>(r)]; };
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t k = 0; k < facts[i].operands; ++k)
                if (!facts[i].condition && is_active(facts[i].operand[k])) active[i] = true;
        const auto receive = [&](int r) {
            bool& seen =
                r < 0 ? touched[static_cast<std::size_t>(-1 - r)] : reached[static_cast<std::size_t>(r)];
            const bool first = !seen;
            seen = true;
            return move{true, first};
        };
        for (std::size_t r = 0; r < plan<E>::results; ++r)
            if (is_active(plan<E>::roots[r])) seeds[r] = receive(plan<E>::roots[r]);
        for (std::size_t i = size; i-- != 0;)
            if (reached[i] && active[i])
                for (std::size_t k = 0; k < facts[i].operands; ++k)
                    if (is_active(facts[i].operand[k])) moves[i][k] = receive(facts[i].operand[k]);
    }
};

template <class E, std::size_t N>
inline constexpr adjoint_plan<E, N> adjoint_plan_of{};

template <int Reference, bool First, class V, class G, class A>
ARCHETYPE_INLINE constexpr void give(G& gradient, A& adjoints, const V& amount) {
    V* const target = Reference < 0 ? &gradient[static_cast<std::size_t>(Reference < 0 ? -1 - Reference : 0)]
                                    : &adjoints[static_cast<std::size_t>(Reference < 0 ? 0 : Reference)];
    if constexpr (First)
        *target = amount;
    else
        *target = *target + amount;
}

template <std::size_t I, std::size_t K, class V, class E, std::size_t N, class T, class In, class G, class A>
ARCHETYPE_INLINE constexpr void pass_to_operand(const T& tape, const In& in, G& gradient, A& adjoints) {
    using list = typename plan<E>::list;
    using X = typename decltype(find_number<I>(typename list_facts<list>::numbers{}))::type::expression;
    using Operation = typename operation_of<X>::type;
    constexpr entry_facts facts = list_facts<list>::facts[I];
    constexpr auto move = adjoint_plan_of<E, N>.moves[I][K];
    if constexpr (move.happens) {
        const V& g = adjoints[I];
        const V& y = content<I>(tape);
        const auto amount = [&]() __attribute__((always_inline)) {
            if constexpr (facts.operands == 1)
                return Operation::template adjoint<K>(g, y, fetch<facts.operand[0]>(tape, in));
            else if constexpr (facts.operands == 2)
                return Operation::template adjoint<K>(g, y, fetch<facts.operand[0]>(tape, in),
                                                      fetch<facts.operand[1]>(tape, in));
            else
                return Operation::template adjoint<K>(g, y, fetch<facts.operand[0]>(tape, in),
                                                      fetch<facts.operand[1]>(tape, in),
                                                      fetch<facts.operand[2]>(tape, in));
        }
        ();
        give<facts.operand[K], move.first>(gradient, adjoints, V(amount));
    }
}

template <std::size_t I, class V, class E, std::size_t N, class T, class In, class G, class A>
ARCHETYPE_INLINE constexpr void pass_down(const T& tape, const In& in, G& gradient, A& adjoints) {
    pass_to_operand<I, 0, V, E, N>(tape, in, gradient, adjoints);
    pass_to_operand<I, 1, V, E, N>(tape, in, gradient, adjoints);
    pass_to_operand<I, 2, V, E, N>(tape, in, gradient, adjoints);
}

template <class E, class V, std::size_t N, std::size_t R>
ARCHETYPE_INLINE constexpr auto differentiate_all(const E& e, const std::array<V, R>& adjoint,
                                                  const std::array<V, N>& in) {
    using list = typename plan<E>::list;
    static_assert(variable_count<E> <= N, "the expression has more variables than values were given");
    static_assert(R == plan<E>::results, "one adjoint per result");
    tape<V, list> tape;
    record<V>(tape, e, in);
    derivative<std::array<V, R>, V, N> out;
    std::array<V, list::size + 1> adjoints;
    [&]<std::size_t... K>(std::index_sequence<K...>) __attribute__((always_inline)) {
        ((out.value[K] = fetch<plan<E>::roots[K]>(tape, in)), ...);
        const auto seed = [&]<std::size_t S>() __attribute__((always_inline)) {
            constexpr auto move = adjoint_plan_of<E, N>.seeds[S];
            if constexpr (move.happens)
                give<plan<E>::roots[S], move.first>(out.gradient, adjoints, adjoint[S]);
        };
        (seed.template operator()<K>(), ...);
    }
    (std::make_index_sequence<R>{});
    [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
        (pass_down<list::size - 1 - I, V, E, N>(tape, in, out.gradient, adjoints), ...);
    }
    (std::make_index_sequence<list::size>{});
    for (std::size_t i = 0; i < N; ++i)
        if (!adjoint_plan_of<E, N>.touched[i]) out.gradient[i] = arithmetic<V>::broadcast(scalar_of<V>(0));
    return out;
}

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// Value of `e` (expression or generic lambda with one result) and adjoint * de/dvalue for every value.
template <class E, value V, std::same_as<V>... Vs>
ARCHETYPE_INLINE constexpr derivative<V, V, sizeof...(Vs)> differentiate(const E& e, const V& adjoint,
                                                                         const Vs&... values) {
    const auto all = detail::differentiate_all(detail::traced<sizeof...(Vs)>(e), std::array<V, 1>{adjoint},
                                               std::array<V, sizeof...(Vs)>{values...});
    return {all.value[0], all.gradient};
}

/// The same for several results, each with its adjoint: values and the sum of adjoint[r] * de[r]/dvalue.
template <class E, value V, std::size_t R, std::same_as<V>... Vs>
ARCHETYPE_INLINE constexpr derivative<std::array<V, R>, V, sizeof...(Vs)> differentiate(
    const E& e, const std::array<V, R>& adjoints, const Vs&... values) {
    return detail::differentiate_all(detail::traced<sizeof...(Vs)>(e), adjoints,
                                     std::array<V, sizeof...(Vs)>{values...});
}

/// adjoint * de/dx of an expression (or generic lambda) of one variable.
template <class E, value V>
ARCHETYPE_INLINE constexpr V gradient(const E& e, const V& x, const V& adjoint) {
    return differentiate(e, adjoint, x).gradient[0];
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Whether dE/dx follows from the output: by type, and by the number where a constant decides.
template <class E>
struct from_output {
    static constexpr bool by_type = false;
    static constexpr bool holds(const E&) { return false; }
};
template <>
struct from_output<variable<0>> {
    static constexpr bool by_type = true;
    static constexpr bool holds(variable<0>) { return true; }
    template <class V>
    ARCHETYPE_INLINE static constexpr V apply(variable<0>, const V&, const V& adjoint) {
        return adjoint;
    }
};
template <class Operation>
requires requires(float g) { Operation::from_output(g, g); }
struct from_output<operation<Operation, variable<0>>> {
    using E = operation<Operation, variable<0>>;
    static constexpr bool by_type = true;
    static constexpr bool holds(const E&) { return true; }
    template <class V>
    ARCHETYPE_INLINE static constexpr V apply(const E&, const V& y, const V& adjoint) {
        return Operation::from_output(adjoint, y);
    }
};
template <class Operation, class Number>
requires requires(float g) { Operation::from_output(g, g, g); }
struct from_output<operation<Operation, variable<0>, Number>> {
    using E = operation<Operation, variable<0>, Number>;
    static constexpr bool by_type = [] {
        if constexpr (requires { Number::number; } && is_stateless<Number>)
            return Number::number >= 0;
        else
            return false;
    }();
    static constexpr bool holds(const E& e) { return operand<1>(e).number >= 0; }
    template <class V>
    ARCHETYPE_INLINE static constexpr V apply(const E& e, const V& y, const V& adjoint) {
        const V n = arithmetic<V>::broadcast(static_cast<scalar_of<V>>(operand<1>(e).number));
        return Operation::from_output(adjoint, y, n);
    }
};

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// True if dE/dx of a one-variable expression follows from its output alone, whatever its run-time constants.
template <class E>
inline constexpr bool output_determines_gradient = detail::from_output<std::remove_cvref_t<E>>::by_type;

/// The same for this expression with its run-time constants: a leaky_relu needs a slope that is not negative.
template <class E>
constexpr bool output_determines_gradient_of(const E& e) {
    return detail::from_output<E>::holds(e);
}

/// adjoint * de/dx from the output y, where `output_determines_gradient_of(e)`.
template <class E, value V>
requires requires(const E& e, const V& v) { detail::from_output<E>::apply(e, v, v); }
ARCHETYPE_INLINE constexpr V gradient_from_output(const E& e, const V& y, const V& adjoint) {
    return detail::from_output<E>::apply(e, y, adjoint);
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET
