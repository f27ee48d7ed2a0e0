// SPDX-License-Identifier: BSL-1.0
/// @file quantized_sizes.hpp
/// What the form of a network with integers takes: weights and activations.
#pragma once
#include <archetype/execution/integers/integer_rules.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Net, weight_order Order, class Activation>
inline constexpr std::size_t quantized_words = integer_layout_of<Net, Activation, Order>.words;
/// The order that kernels read on this target.
template <class Activation>
inline constexpr weight_order order_for =
    std::is_same_v<Activation, std::int8_t> ? native_weight_order : weight_order::plain;

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// 32-bit words that the form of `Net` with activations of type `Activation` reads: weights, biases, factors and tables, packed
/// in an order. Here and below, a network without such a form is one error that names the layer and why.
template <class Net, class Activation = std::int8_t, weight_order Order = weight_order::plain>
inline constexpr auto quantized_weight_count =
    detail::integer_constant<Net, Activation, typename detail::integer_report<Net, Activation>::type::shown>(
        [] { return detail::quantized_words<Net, Order, Activation>; });
/// The same in bytes.
template <class Net, class Activation = std::int8_t, weight_order Order = weight_order::plain>
inline constexpr auto quantized_weight_bytes =
    detail::integer_constant<Net, Activation, typename detail::integer_report<Net, Activation>::type::shown>(
        [] { return 4 * detail::quantized_words<Net, Order, Activation>; });
/// Bytes of activations, for one sample: a quarter of `arena_bytes`, or half of it.
template <class Net, class Activation = std::int8_t>
inline constexpr auto quantized_arena_bytes =
    detail::integer_constant<Net, Activation, typename detail::integer_report<Net, Activation>::type::shown>(
        [] { return sizeof(Activation) * detail::inference_plan<Net>.arena_elements; });

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
