// SPDX-License-Identifier: BSL-1.0
/// @file activations.hpp
/// The expressions of the activation layers, by the layers' names: one variable, no run-time constants.
#pragma once
#include <archetype/expression/composed.hpp>

namespace archetype::expression::activations::inline ARCHETYPE_INSTRUCTION_SET {

inline constexpr variable<0> input{};

inline constexpr auto identity = input;
inline constexpr auto sigmoid = expression::sigmoid(input);
inline constexpr auto tanh = expression::tanh(input);
inline constexpr auto fast_sigmoid = expression::fast_sigmoid(input);
inline constexpr auto fast_tanh = expression::fast_tanh(input);
inline constexpr auto rational_tanh = expression::rational_tanh(input);
inline constexpr auto rational_sigmoid = expression::rational_sigmoid(input);
inline constexpr auto relu = expression::relu(input);
inline constexpr auto exponential = expression::exp(input);
inline constexpr auto softplus = expression::softplus(input);
inline constexpr auto swish = expression::swish(input);
inline constexpr auto silu = swish;
inline constexpr auto gelu = expression::gelu(input);
inline constexpr auto gelu_tanh = expression::gelu_tanh(input);
inline constexpr auto relu6 = clamp(input, literal<0.0>{}, literal<6.0>{});
inline constexpr auto hard_swish =
    input * clamp(input * literal<1.0 / 6>{} + literal<0.5>{}, literal<0.0>{}, literal<1.0>{});
inline constexpr auto softsign = detail::make<operations::softsign>(input);
inline constexpr auto mish = input * expression::tanh(expression::softplus(input));
inline constexpr auto log_sigmoid = -expression::softplus(-input);
inline constexpr auto tanh_shrink = input - expression::tanh(input);
inline constexpr auto sin = expression::sin(input);

/// Slope below 0. Keras' default is 0.3, PyTorch's 0.01.
template <auto Slope>
inline constexpr auto leaky_relu = expression::leaky_relu(input, literal<Slope>{});
template <auto Alpha = 1.0>
inline constexpr auto elu = expression::elu(input, literal<Alpha>{});

inline constexpr auto selu = literal<1.0507009873554805>{} * elu<1.6732632423543772>;
/// Two halves, so that the exponential of a large x is in neither.
template <auto Alpha>
inline constexpr auto celu =
    expression::relu(input) + literal<Alpha>{} * expression::expm1(expression::min(input, literal<0.0>{}) *
                                                                   literal<1 / Alpha>{});
template <auto Low, auto High>
inline constexpr auto hard_tanh = clamp(input, literal<Low>{}, literal<High>{});
/// The conditions are false for NaN, which stays.
template <auto Lambda>
inline constexpr auto hard_shrink = where(abs(input) <= literal<Lambda>{}, literal<0.0>{}, input);
template <auto Lambda>
inline constexpr auto soft_shrink = input - clamp(input, literal<-Lambda>{}, literal<Lambda>{});
template <auto Bound, auto Value>
inline constexpr auto threshold = where(input <= literal<Bound>{}, literal<Value>{}, input);
template <auto Alpha>
inline constexpr auto snake = input +
                              square(expression::sin(literal<Alpha>{} * input)) * literal<1 / Alpha>{};

/// clamp(Alpha * x + Beta, 0, 1).
template <auto Alpha, auto Beta>
inline constexpr auto hard_sigmoid_of = expression::hard_sigmoid(input, literal<Alpha>{}, literal<Beta>{});
/// Slope 1/6, as in PyTorch and Keras 3.
inline constexpr auto hard_sigmoid = hard_sigmoid_of<1.0 / 6, 0.5>;
/// Slope 0.2, as in ONNX and Keras before 3.
inline constexpr auto hard_sigmoid_onnx = hard_sigmoid_of<0.2, 0.5>;

}  // namespace archetype::expression::activations::inline ARCHETYPE_INSTRUCTION_SET
