// SPDX-License-Identifier: BSL-1.0
/// @file composed.hpp
/// Functions written in the language of expressions itself.
#pragma once
#include <archetype/expression/evaluate.hpp>

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// x limited to [0, 1] after scaling: clamp(alpha * x + beta, 0, 1). Keras 3 and PyTorch use alpha = 1/6, old
/// Keras and ONNX 0.2; beta is 0.5.
template <detail::function_operand A, class S, class T>
ARCHETYPE_INLINE constexpr auto hard_sigmoid(const A& x, const S& alpha, const T& beta) {
    if constexpr (detail::is_expression<A>)
        return clamp(alpha * x + beta, literal<0.0>{}, literal<1.0>{});
    else
        return evaluate(hard_sigmoid(variable<0>{}, alpha, beta), x);
}

/// x * sigmoid(x); also called SiLU.
template <detail::function_operand A>
ARCHETYPE_INLINE constexpr auto swish(const A& x) {
    return x * expression::sigmoid(x);
}
template <detail::function_operand A>
ARCHETYPE_INLINE constexpr auto silu(const A& x) {
    return swish(x);
}

/// Gaussian error linear unit, exact: x times the normal distribution function. Hendrycks and Gimpel 2016.
template <detail::function_operand A>
ARCHETYPE_INLINE constexpr auto gelu(const A& x) {
    return x * expression::normal_cdf(x);
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Twice the argument of the tangent: (1 + tanh(u)) / 2 is sigmoid(2 u), which loses no digits below 0.
template <class A>
constexpr auto gelu_argument(const A& x) {
    return literal<1.5957691216057307>{} * (x + literal<0.044715>{} * pow<3>(x));
}

}  // namespace archetype::expression::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

/// The tanh form of GELU; differs from the exact one by up to 4.8e-4. Beyond 25 the factor is 0 or 1, and no power
/// of x overflows.
template <detail::function_operand A>
ARCHETYPE_INLINE constexpr auto gelu_tanh(const A& x) {
    if constexpr (detail::is_expression<A>)
        return x * expression::sigmoid(detail::gelu_argument(clamp(x, literal<-25.0>{}, literal<25.0>{})));
    else
        return evaluate(gelu_tanh(variable<0>{}), x);
}

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET
