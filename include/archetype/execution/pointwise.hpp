// SPDX-License-Identifier: BSL-1.0
/// @file pointwise.hpp
/// The expressions of activation layers, and chains of them as epilogues of kernels.
#pragma once
#include <archetype/architecture/layers/activation.hpp>
#include <archetype/architecture/plan.hpp>
#include <archetype/expression/activations.hpp>
#include <archetype/expression/differentiate.hpp>
#include <archetype/kernels/epilogue.hpp>
#include <archetype/kernels/image.hpp>
#include <archetype/kernels/lanes_arithmetic.hpp>

namespace archetype::detail {

/// The expression of a pointwise layer.
template <class Layer>
struct pointwise_expression;
template <>
struct pointwise_expression<archetype::sigmoid> {
    static constexpr auto value = expression::activations::sigmoid;
};
template <>
struct pointwise_expression<archetype::tanh> {
    static constexpr auto value = expression::activations::rational_tanh;
};
template <>
struct pointwise_expression<archetype::relu> {
    static constexpr auto value = expression::activations::relu;
};
template <double Slope>
struct pointwise_expression<archetype::leaky_relu<Slope>> {
    static constexpr auto value = expression::activations::leaky_relu<Slope>;
};
template <double Alpha>
struct pointwise_expression<archetype::elu<Alpha>> {
    static constexpr auto value = expression::activations::elu<Alpha>;
};
template <auto Function>
struct pointwise_expression<archetype::activation<Function>> {
    static constexpr auto value = expression::detail::traced<1>(Function);
};

template <class Layer>
inline constexpr auto expression_of = pointwise_expression<Layer>::value;

/// For each layer of `Net`: it is pointwise and its derivative follows from its result, so that training need not keep
/// what went in.
template <class Net>
constexpr auto result_determines_gradient() {
    std::array<bool, unchecked_facts<Net>.size() + 1> determines{};
    std::size_t index = 0;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, layers_of<Net>>>(
        [&]<class Layer>(boost::mp11::mp_identity<Layer>) {
            if constexpr (Layer::role == layer_role::pointwise)
                determines[index] = expression::output_determines_gradient_of(expression_of<Layer>);
            ++index;
        });
    return determines;
}

/// The pointwise layers `First` to `Last - 1` of `Net`, one after the other. Usable as an epilogue.
template <class Net, std::size_t First, std::size_t Last>
struct activation_chain {
    static constexpr bool empty = First == Last;
    static constexpr bool across_pixels = true;  ///< looks at no place
    template <class V>
    ARCHETYPE_INLINE static constexpr V apply(V x) {
        if constexpr (!empty)
            [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
                ((x = apply_layer<boost::mp11::mp_at_c<layers_of<Net>, First + I>>(x)), ...);
            }
        (std::make_index_sequence<Last - First>{});
        return x;
    }
    template <class Layer, class V>
    ARCHETYPE_INLINE static constexpr V apply_layer(const V& x) {
        return expression::evaluate(pointwise_expression<Layer>::value, x);
    }
    template <class V>
    ARCHETYPE_INLINE V operator()(const V& x, const kernels::place&) const {
        return apply(x);
    }
};

}  // namespace archetype::detail
