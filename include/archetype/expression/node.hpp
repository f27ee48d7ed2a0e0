// SPDX-License-Identifier: BSL-1.0
/// @file node.hpp
/// What expressions are made of: variables, constants, and operations that own their operands.
///
/// An expression is a value: it holds its constants and nothing else, so it can be returned, copied and kept,
/// and one without run-time constants is an empty type. All are structural types and can be template
/// arguments.
#pragma once
#include <archetype/expression/arithmetic.hpp>
#include <concepts>
#include <utility>

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {
template <class>
inline constexpr bool has_value = false;
/// Whoever asks an expression for its value (std::tanh, the condition of ? :) gets one sentence, not a page of candidates.
template <class E>
constexpr double no_value() {
    static_assert(has_value<E>,
                  "archetype: an expression has no value while it is written: tanh(x) for std::tanh(x), "
                  "where(condition, a, b) for condition ? a : b and for if, max(a, b) for std::max(a, b)");
    return 0;
}
}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// The I-th argument of the expression.
template <std::size_t I>
struct variable {
    constexpr operator double() const {
        return detail::no_value<variable>();
    }  // NOLINT: implicit, as numbers are
};

/// A number known at run time (an optimizer's rate). It is rounded to the scalar of the evaluation once,
/// there.
template <class S>
struct constant {
    S number;
};

/// A number that is part of the type: `leaky_relu(x, literal<0.1>{})`. Makes facts such as
/// `output_determines_gradient` known from the type.
template <auto Number>
struct literal {
    static constexpr auto number = Number;
};

template <class Operation, class... Operands>
struct operation;

/// Several results of one expression, evaluated together; made by `results`.
template <class... Es>
struct result_list;

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class E>
inline constexpr bool is_expression = false;
template <std::size_t I>
inline constexpr bool is_expression<variable<I>> = true;
template <class S>
inline constexpr bool is_expression<constant<S>> = true;
template <auto Number>
inline constexpr bool is_expression<literal<Number>> = true;
template <class Operation, class... Operands>
inline constexpr bool is_expression<operation<Operation, Operands...>> = true;

template <class E>
inline constexpr bool is_stateless = true;
template <class S>
inline constexpr bool is_stateless<constant<S>> = false;
template <class Operation, class... Operands>
inline constexpr bool is_stateless<operation<Operation, Operands...>> = (is_stateless<Operands> && ...);
template <class... Es>
inline constexpr bool is_stateless<result_list<Es...>> = (is_stateless<Es> && ...);

template <class E>
inline constexpr bool is_condition = false;
template <class Operation, class... Operands>
inline constexpr bool is_condition<operation<Operation, Operands...>> = Operation::is_condition;

template <class E>
inline constexpr bool is_results = false;
template <class... Es>
inline constexpr bool is_results<result_list<Es...>> = true;

/// Operands side by side, each in a base of its own so that empty ones take no room.
template <std::size_t I, class E, bool = is_stateless<E>>
struct held {
    E expression;
    constexpr held() = default;
    constexpr explicit held(const E& e) : expression(e) {}
    constexpr const E& get() const { return expression; }
};
template <std::size_t I, class E>
struct held<I, E, true> {
    constexpr held() = default;
    constexpr explicit held(const E&) {}
    constexpr E get() const { return {}; }
};

template <class Indices, class... Es>
struct held_all;
template <std::size_t... I, class... Es>
struct held_all<std::index_sequence<I...>, Es...> : held<I, Es>... {
    constexpr held_all() = default;
    constexpr explicit held_all(const Es&... e) : held<I, Es>(e)... {}
};

template <std::size_t I, class E>
constexpr decltype(auto) operand(const held<I, E>& from) {
    return from.get();
}

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// An expression with one result: a variable, a constant or an operation.
template <class E>
concept expression_type = detail::is_expression<std::remove_cvref_t<E>>;

/// An expression that is true or false; only logic and `where` take it.
template <class E>
concept condition_type = detail::is_condition<std::remove_cvref_t<E>>;

/// One operation applied to operands, which it owns. `Operation` gives the value and the derivative.
template <class Operation, class... Operands>
struct operation : detail::held_all<std::index_sequence_for<Operands...>, Operands...> {
    constexpr operation() = default;
    constexpr explicit operation(const Operands&... operands)
        : detail::held_all<std::index_sequence_for<Operands...>, Operands...>(operands...) {}
    constexpr operator double() const { return detail::no_value<operation>(); }  // NOLINT: as above
};

template <class... Es>
struct result_list : detail::held_all<std::index_sequence_for<Es...>, Es...> {
    constexpr result_list() = default;
    constexpr explicit result_list(const Es&... e)
        : detail::held_all<std::index_sequence_for<Es...>, Es...>(e...) {}
    static constexpr std::size_t size = sizeof...(Es);
};

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class T>
inline constexpr bool is_number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

/// An expression or a number beside one.
template <class T>
concept operand_like = is_expression<T> || is_number<T>;

template <class... Ts>
concept some_expression = (operand_like<Ts> && ...) && (is_expression<Ts> || ...);

/// Values of the evaluation, not expressions.
template <class... Ts>
concept all_values = (value<Ts> && ...);

template <class T>
constexpr auto as_expression(const T& t) {
    if constexpr (is_expression<T>)
        return t;
    else
        return constant<T>{t};
}

template <class Operation, class... Ts>
constexpr auto make(const Ts&... operands) {
    return operation<Operation, decltype(as_expression(operands))...>(as_expression(operands)...);
}

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// Makes an expression of several results, for instance an optimizer's new parameter and new moments.
template <class... Ts>
requires((detail::operand_like<Ts>)&&...) constexpr auto results(const Ts&... e) {
    return result_list<decltype(detail::as_expression(e))...>(detail::as_expression(e)...);
}

/// The expression of a generic lambda of N arguments: `trace<2>([](auto x, auto y) { return x * tanh(y); })`.
template <std::size_t N, class F>
constexpr auto trace(const F& f) {
    return []<std::size_t... I>(const F& g, std::index_sequence<I...>) {
        auto e = g(variable<I>{}...);
        if constexpr (detail::is_results<decltype(e)>)
            return e;
        else
            return detail::as_expression(e);
    }
    (f, std::make_index_sequence<N>{});
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET
