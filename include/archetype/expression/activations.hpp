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

/// Slope below 0. Keras' default is 0.3, PyTorch's 0.01.
template <auto Slope>
inline constexpr auto leaky_relu = expression::leaky_relu(input, literal<Slope>{});
template <auto Alpha = 1.0>
inline constexpr auto elu = expression::elu(input, literal<Alpha>{});

/// clamp(Alpha * x + Beta, 0, 1).
template <auto Alpha, auto Beta>
inline constexpr auto hard_sigmoid_of = expression::hard_sigmoid(input, literal<Alpha>{}, literal<Beta>{});
/// Slope 1/6, as in PyTorch and Keras 3.
inline constexpr auto hard_sigmoid = hard_sigmoid_of<1.0 / 6, 0.5>;
/// Slope 0.2, as in ONNX and Keras before 3.
inline constexpr auto hard_sigmoid_onnx = hard_sigmoid_of<0.2, 0.5>;

}  // namespace archetype::expression::activations::inline ARCHETYPE_INSTRUCTION_SET
