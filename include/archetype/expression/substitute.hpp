// SPDX-License-Identifier: BSL-1.0
/// @file substitute.hpp
/// Puts an expression in the place of another's variable.
#pragma once
#include <archetype/expression/functions.hpp>

#include <utility>

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// `e` with `argument` instead of variable 0: `substitute(activations::relu, x + y)` is relu(x + y).
template <class Argument>
constexpr auto substitute(variable<0>, const Argument& argument) {
    return argument;
}
template <class S, class Argument>
constexpr auto substitute(const constant<S>& e, const Argument&) {
    return e;
}
template <auto Number, class Argument>
constexpr auto substitute(literal<Number> e, const Argument&) {
    return e;
}
template <class Operation, class... Operands, class Argument>
constexpr auto substitute(const operation<Operation, Operands...>& e, const Argument& argument) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
        return detail::make<Operation>(substitute(detail::operand<K>(e), argument)...);
    }
    (std::index_sequence_for<Operands...>{});
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET
