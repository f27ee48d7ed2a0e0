// SPDX-License-Identifier: BSL-1.0
/// @file pointwise.hpp
/// The expressions of activation layers, and chains of them as epilogues of kernels.
#pragma once
#include <archetype/architecture/layers/activation.hpp>
#include <archetype/architecture/plan.hpp>
#include <archetype/expression/expression.hpp>
#include <archetype/kernels/epilogue.hpp>
#include <archetype/kernels/image.hpp>

namespace archetype::detail {

/// The function of a pointwise layer, over expressions.
template <class Layer>
struct pointwise_function;
template <>
struct pointwise_function<archetype::sigmoid> {
    static constexpr auto function = [](auto x) { return expression::sigmoid(x); };
};
template <>
struct pointwise_function<archetype::tanh> {
    static constexpr auto function = [](auto x) { return expression::tanh(x); };
};
template <>
struct pointwise_function<archetype::relu> {
    static constexpr auto function = [](auto x) { return expression::relu(x); };
};
template <double Slope>
struct pointwise_function<archetype::leaky_relu<Slope>> {
    static constexpr auto function = [](auto x) { return expression::leaky_relu(x, Slope); };
};
template <double Alpha>
struct pointwise_function<archetype::elu<Alpha>> {
    static constexpr auto function = [](auto x) { return expression::elu(x, Alpha); };
};
template <auto Expression>
struct pointwise_function<archetype::activation<Expression>> {
    static constexpr auto function = Expression;
};

template <class Layer>
inline constexpr auto expression_of = expression::trace<1>(pointwise_function<Layer>::function);

/// For each layer of `Net`: it is pointwise and its derivative follows from its result, so that training need not keep
/// what went in.
template <class Net>
constexpr auto result_determines_gradient() {
    std::array<bool, unchecked_facts<Net>.size() + 1> determines{};
    std::size_t index = 0;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, layers_of<Net>>>([&]<class Layer>(boost::mp11::mp_identity<Layer>) {
        if constexpr (Layer::role == layer_role::pointwise)
            determines[index] = expression::output_determines_gradient<std::remove_const_t<decltype(expression_of<Layer>)>>;
        ++index;
    });
    return determines;
}

/// The pointwise layers `First` to `Last - 1` of `Net`, one after the other. Usable as an epilogue.
template <class Net, std::size_t First, std::size_t Last>
struct activation_chain {
    static constexpr bool empty = First == Last;
    static constexpr bool across_pixels = true;  ///< looks at no place
    template <std::size_t N>
    static constexpr const auto& expression_at = expression_of<boost::mp11::mp_at_c<layers_of<Net>, N>>;

    template <class V>
    ARCHETYPE_INLINE static constexpr V apply(V x) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
            ((x = expression::evaluate(expression_at<First + I>, x)), ...);
            return x;
        }(std::make_index_sequence<empty ? 0 : Last - First>{});
    }
    template <class V>
    ARCHETYPE_INLINE V operator()(const V& x, const kernels::place&) const {
        return apply(x);
    }
};

}  // namespace archetype::detail
