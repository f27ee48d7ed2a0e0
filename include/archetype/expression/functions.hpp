// SPDX-License-Identifier: BSL-1.0
/// @file functions.hpp
/// The operators and functions from which expressions are written.
///
/// Inside a generic lambda they are found by argument-dependent look-up: `[](auto x) { return x * sigmoid(x);
/// }`. They also take values (`float`, `double`, vectors) when called qualified: `expression::tanh(0.5f)`. A
/// number beside an expression becomes a `constant`.
#pragma once
#include <archetype/expression/node.hpp>
#include <archetype/expression/stable.hpp>

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class V, class T>
ARCHETYPE_INLINE constexpr V as_value(const T& t) {
    if constexpr (std::same_as<V, T>)
        return t;
    else
        return arithmetic<V>::broadcast(static_cast<scalar_of<V>>(t));
}

template <class Operation, class V, class... Ts>
ARCHETYPE_INLINE constexpr V apply_to_values(const V& first, const Ts&... others) {
    return Operation::value(first, as_value<V>(others)...);
}

template <class Operation, class... Ts>
ARCHETYPE_INLINE constexpr auto apply(const Ts&... operands) {
    if constexpr ((is_expression<Ts> || ...))
        return make<Operation>(operands...);
    else
        return apply_to_values<Operation>(operands...);
}

template <class T>
concept function_operand = (is_expression<T> && !is_condition<T>) || value<T>;

template <class T>
concept condition_operand = is_condition<T>;

/// Two operands of which at least one is an expression and none a condition.
template <class A, class B>
concept operator_operands = some_expression<A, B> && !is_condition<A> && !is_condition<B>;

/// Operands of a function: expressions with numbers, or a value with values of its type and numbers.
template <class A, class... Bs>
concept function_operands = ((operand_like<A> || value<A>)&&... && (operand_like<Bs> || value<Bs>)) &&
                            (some_expression<A, Bs...> ||
                             (value<A> && ... && (std::same_as<A, Bs> || is_number<Bs>))) &&
                            !(is_condition<A> || ... || is_condition<Bs>);

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

#define ARCHETYPE_OPERATOR(symbol, name)     \
    template <class A, class B>              \
    requires detail::operator_operands<A, B> \
    constexpr auto operator symbol(const A& a, const B& b) { return detail::make<operations::name>(a, b); }
ARCHETYPE_OPERATOR(+, add)
ARCHETYPE_OPERATOR(-, subtract)
ARCHETYPE_OPERATOR(*, multiply)
ARCHETYPE_OPERATOR(<, less)
ARCHETYPE_OPERATOR(<=, less_equal)
ARCHETYPE_OPERATOR(==, equal)
ARCHETYPE_OPERATOR(!=, not_equal)
#undef ARCHETYPE_OPERATOR

template <class A, class B>
requires detail::operator_operands<A, B>
constexpr auto operator/(const A& a, const B& b) {
    return detail::make_quotient(detail::as_expression(a), detail::as_expression(b));
}
template <class A, class B>
requires detail::operator_operands<A, B>
constexpr auto operator>(const A& a, const B& b) { return detail::make<operations::less>(b, a); }
template <class A, class B>
requires detail::operator_operands<A, B>
constexpr auto operator>=(const A& a, const B& b) { return detail::make<operations::less_equal>(b, a); }
template <class A>
requires(detail::is_expression<A> && !detail::is_condition<A>) constexpr auto operator-(const A& a) {
    return detail::make<operations::negate>(a);
}
template <class A>
requires(detail::is_expression<A> && !detail::is_condition<A>) constexpr auto operator+(const A& a) {
    return a;
}
template <detail::condition_operand A, detail::condition_operand B>
constexpr auto operator&&(const A& a, const B& b) {
    return detail::make<operations::logical_and>(a, b);
}
template <detail::condition_operand A, detail::condition_operand B>
constexpr auto operator||(const A& a, const B& b) {
    return detail::make<operations::logical_or>(a, b);
}
template <detail::condition_operand A>
constexpr auto operator!(const A& a) {
    return detail::make<operations::logical_not>(a);
}

/// `condition ? a : b`, element by element; the derivative follows the branch taken.
template <detail::condition_operand C, class A, class B>
requires(detail::operand_like<A>&& detail::operand_like<B> && !detail::is_condition<A> &&
         !detail::is_condition<B>) constexpr auto where(const C& condition, const A& a, const B& b) {
    return detail::make<operations::where>(condition, a, b);
}
template <class M, value V>
requires std::same_as<M, typename arithmetic<V>::mask> ARCHETYPE_INLINE constexpr V where(const M& condition,
                                                                                          const V& a,
                                                                                          const V& b) {
    return operations::where::value(condition, a, b);
}

#define ARCHETYPE_FUNCTION(name)                       \
    template <detail::function_operand A>              \
    ARCHETYPE_INLINE constexpr auto name(const A& a) { \
        return detail::apply<operations::name>(a);     \
    }
ARCHETYPE_FUNCTION(abs)
ARCHETYPE_FUNCTION(square)
ARCHETYPE_FUNCTION(exp)
ARCHETYPE_FUNCTION(expm1)
ARCHETYPE_FUNCTION(softplus)
ARCHETYPE_FUNCTION(tanh)
ARCHETYPE_FUNCTION(sigmoid)
ARCHETYPE_FUNCTION(fast_tanh)
ARCHETYPE_FUNCTION(rational_tanh)
ARCHETYPE_FUNCTION(rational_sigmoid)
ARCHETYPE_FUNCTION(fast_sigmoid)
ARCHETYPE_FUNCTION(normal_cdf)
ARCHETYPE_FUNCTION(relu)
ARCHETYPE_FUNCTION(sin)
ARCHETYPE_FUNCTION(cos)
ARCHETYPE_FUNCTION(atan)
ARCHETYPE_FUNCTION(erf)
ARCHETYPE_FUNCTION(floor)
ARCHETYPE_FUNCTION(round)
/// x, whose derivative is taken to be 0: `x + stop_gradient(round(x) - x)` rounds and has the derivative of x.
ARCHETYPE_FUNCTION(stop_gradient)
#undef ARCHETYPE_FUNCTION

/// Functions of which some compositions are an operation of their own (`stable.hpp`).
#define ARCHETYPE_FUNCTION(name)                       \
    template <detail::function_operand A>              \
    ARCHETYPE_INLINE constexpr auto name(const A& a) { \
        if constexpr (detail::is_expression<A>)        \
            return detail::make_##name(a);             \
        else                                           \
            return detail::apply<operations::name>(a); \
    }
ARCHETYPE_FUNCTION(log)
ARCHETYPE_FUNCTION(log1p)
ARCHETYPE_FUNCTION(sqrt)
#undef ARCHETYPE_FUNCTION

/// Integer power: `pow<3>(x)`.
template <int N, detail::function_operand A>
ARCHETYPE_INLINE constexpr auto pow(const A& a) {
    return detail::apply<operations::power<N>>(a);
}

/// a^b for any exponent: `pow(x, 1.5)`. A negative base takes whole exponents.
template <class A, class B>
requires detail::function_operands<A, B> ARCHETYPE_INLINE constexpr auto pow(const A& a, const B& b) {
    return detail::apply<operations::pow>(a, b);
}

/// The lesser of a and b; NaN if either is NaN. Equal operands get half of the derivative each.
template <class A, class B>
requires detail::function_operands<A, B> ARCHETYPE_INLINE constexpr auto min(const A& a, const B& b) {
    return detail::apply<operations::min>(a, b);
}
/// The greater of a and b; NaN if either is NaN. Equal operands get half of the derivative each.
template <class A, class B>
requires detail::function_operands<A, B> ARCHETYPE_INLINE constexpr auto max(const A& a, const B& b) {
    return detail::apply<operations::max>(a, b);
}
/// x limited to [low, high]; derivative 1 on both bounds, none with respect to the bounds.
template <class A, class L, class H>
requires detail::function_operands<A, L, H> ARCHETYPE_INLINE constexpr auto clamp(const A& x, const L& low,
                                                                                  const H& high) {
    return detail::apply<operations::clamp>(x, low, high);
}
/// x above 0, slope * x else.
template <class A, class S>
requires detail::function_operands<A, S> ARCHETYPE_INLINE constexpr auto leaky_relu(const A& x,
                                                                                    const S& slope) {
    return detail::apply<operations::leaky_relu>(x, slope);
}
/// x above 0, alpha * (e^x - 1) else.
template <class A, class S>
requires detail::function_operands<A, S> ARCHETYPE_INLINE constexpr auto elu(const A& x, const S& alpha) {
    return detail::apply<operations::elu>(x, alpha);
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET
