// SPDX-License-Identifier: BSL-1.0
/// @file pointwise.hpp
/// The expressions of activation layers, and chains of them as epilogues of kernels.
#pragma once
#include <archetype/architecture/layers/activation.hpp>
#include <archetype/architecture/layers/joins.hpp>
#include <archetype/architecture/layers/named_activations.hpp>
#include <archetype/architecture/plan.hpp>
#include <archetype/expression/activations.hpp>
#include <archetype/expression/differentiate.hpp>
#include <archetype/kernels/images/epilogue.hpp>
#include <archetype/kernels/images/stretched.hpp>
#include <archetype/kernels/vectors/lanes_arithmetic.hpp>
#include <archetype/kernels/vectors/select.hpp>

#include <array>
#include <boost/mp11/algorithm.hpp>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The expression of a pointwise layer.
template <class Layer>
struct pointwise_expression;
#define ARCHETYPE_ACTIVATION(name)                                   \
    template <>                                                      \
    struct pointwise_expression<archetype::name> {                   \
        static constexpr auto value = expression::activations::name; \
    };
ARCHETYPE_ACTIVATION(exponential)
ARCHETYPE_ACTIVATION(gelu)
ARCHETYPE_ACTIVATION(gelu_tanh)
ARCHETYPE_ACTIVATION(hard_swish)
ARCHETYPE_ACTIVATION(log_sigmoid)
ARCHETYPE_ACTIVATION(mish)
ARCHETYPE_ACTIVATION(relu)
ARCHETYPE_ACTIVATION(relu6)
ARCHETYPE_ACTIVATION(selu)
ARCHETYPE_ACTIVATION(sigmoid)
ARCHETYPE_ACTIVATION(silu)
ARCHETYPE_ACTIVATION(sin)
ARCHETYPE_ACTIVATION(softplus)
ARCHETYPE_ACTIVATION(softsign)
ARCHETYPE_ACTIVATION(tanh_shrink)
#undef ARCHETYPE_ACTIVATION
template <>
struct pointwise_expression<archetype::tanh> {
    static constexpr auto value = expression::activations::rational_tanh;
};
template <double Slope>
struct pointwise_expression<archetype::leaky_relu<Slope>> {
    static constexpr auto value = expression::activations::leaky_relu<Slope>;
};
template <double Alpha>
struct pointwise_expression<archetype::elu<Alpha>> {
    static constexpr auto value = expression::activations::elu<Alpha>;
};

template <double Alpha>
struct pointwise_expression<archetype::celu<Alpha>> {
    static constexpr auto value = expression::activations::celu<Alpha>;
};
template <double Lambda>
struct pointwise_expression<archetype::hard_shrink<Lambda>> {
    static constexpr auto value = expression::activations::hard_shrink<Lambda>;
};
template <double Lambda>
struct pointwise_expression<archetype::soft_shrink<Lambda>> {
    static constexpr auto value = expression::activations::soft_shrink<Lambda>;
};
template <double Alpha>
struct pointwise_expression<archetype::snake<Alpha>> {
    static constexpr auto value = expression::activations::snake<Alpha>;
};
template <double Low, double High>
struct pointwise_expression<archetype::hard_tanh<Low, High>> {
    static constexpr auto value = expression::activations::hard_tanh<Low, High>;
};
template <double Bound, double Value>
struct pointwise_expression<archetype::threshold<Bound, Value>> {
    static constexpr auto value = expression::activations::threshold<Bound, Value>;
};
template <double Slope, double Offset>
struct pointwise_expression<archetype::hard_sigmoid<Slope, Offset>> {
    static constexpr auto value = expression::activations::hard_sigmoid_of<Slope, Offset>;
};

/// The expression of a user's activation. What is none has been reported, or is here; the argument itself stands for it.
template <auto Function>
constexpr auto activation_expression() {
    using function = std::remove_const_t<decltype(Function)>;
    constexpr expression::variable<0> x{};
    if constexpr (expression::expression_type<function> && !expression::condition_type<function>) {
        return Function;
    } else {
        using made = std::remove_cvref_t<decltype(Function(x))>;
        constexpr bool is_one = expression::detail::operand_like<made> && !expression::condition_type<made>;
        static_assert(is_one,
                      "archetype: an activation gives an expression of its argument, as in "
                      "[](auto x) { return x * sigmoid(x); }; of a condition: where(condition, a, b)");
        constexpr bool is_known = requires { typename std::bool_constant<(Function(x), true)>; };
        if constexpr (is_one && is_known)
            return expression::detail::as_expression(Function(x));
        else
            return x;
    }
}
template <auto Function>
struct pointwise_expression<archetype::activation<Function>> {
    static constexpr auto value = activation_expression<Function>();
};

template <class Layer>
inline constexpr auto expression_of = pointwise_expression<Layer>::value;

template <class Layer>
inline constexpr bool is_looked_at = true;
template <auto Function>
inline constexpr bool is_looked_at<archetype::activation<Function>> =
    sizeof(pointwise_expression<archetype::activation<Function>>::value) != 0;
template <class Layers>
inline constexpr bool are_looked_at = true;
template <class... Layers>
inline constexpr bool are_looked_at<boost::mp11::mp_list<Layers...>> = [] {
    for (const bool looked : {is_looked_at<Layers>...})
        if (!looked) return false;
    return true;
}();

/// Makes the compiler look at the functions of users here, where little stands above the place of a mistake.
template <class Net>
inline constexpr bool activations_are_expressions = [] {
    constexpr bool has_unknown = [] {
        for (const node& at : unchecked_facts<Net>.nodes)
            if (at.role == layer_role::pointwise && at.function == known_function::none) return true;
        return false;
    }();
    if constexpr (has_unknown)
        return are_looked_at<layers_of<Net>>;
    else
        return true;
}();

/// For each layer of `Net`: it is pointwise and its derivative follows from its result, so that training need not keep
/// what went in.
template <class Net>
constexpr auto result_determines_gradient() {
    std::array<bool, unchecked_facts<Net>.size() + 1> determines{};
    std::size_t index = 0;
    boost::mp11::mp_for_each<boost::mp11::mp_transform<boost::mp11::mp_identity, layers_of<Net>>>(
        [&]<class Layer>(boost::mp11::mp_identity<Layer>) {
            if constexpr (requires { pointwise_expression<Layer>::value; })
                determines[index] = expression::output_determines_gradient_of(expression_of<Layer>);
            ++index;
        });
    return determines;
}

/// Pointwise layers, one after the other. Usable as an epilogue; the same type wherever the layers are the same.
template <class... Layers>
struct activation_chain {
    static constexpr bool empty = sizeof...(Layers) == 0;
    static constexpr bool across_pixels = true;  ///< looks at no place
    template <class V>
    ARCHETYPE_INLINE static constexpr V apply(V x) {
        ((x = expression::evaluate(pointwise_expression<Layers>::value, x)), ...);
        return x;
    }
    template <class V>
    ARCHETYPE_INLINE V operator()(const V& x, const kernels::place&) const {
        return apply(x);
    }
};

template <class Net, std::size_t First, std::size_t... I>
activation_chain<boost::mp11::mp_at_c<layers_of<Net>, First + I>...> chain_of(std::index_sequence<I...>);
/// The chain of layers `First` to `Last - 1` of `Net`.
template <class Net, std::size_t First, std::size_t Last>
using activation_range = decltype(chain_of<Net, First>(std::make_index_sequence<Last - First>{}));

/// One element (or vector) of a join: `Join` of a and b. An average is a sum until all are in.
template <class Join, class T, class V>
ARCHETYPE_INLINE constexpr V join_values(const V& a, const V& b) {
    if constexpr (std::is_same_v<Join, multiply>)
        return a * b;
    else if constexpr (std::is_same_v<Join, subtract>)
        return a - b;
    else if constexpr (std::is_same_v<Join, divide>)
        return expression::arithmetic<V>::quotient(a, b);
    else if constexpr (std::is_same_v<Join, minimum>)
        return -join_values<maximum, T>(V(-a), V(-b));
    else if constexpr (!std::is_same_v<Join, maximum>)
        return a + b;
    else if constexpr (std::is_floating_point_v<V>)
        return kernels::larger(a, b);  // a NaN stays
    else
        return kernels::maximum<T>(a, b);
}
/// Whether input `position` of a join is subtracted from the operand, or divides it. Of other joins one code serves all inputs.
template <class Join>
constexpr bool comes_after_operand(std::size_t position) {
    return position != 0 && (std::is_same_v<Join, subtract> || std::is_same_v<Join, divide>);
}
/// The same of the value of a step and an operand.
template <class Join, bool AfterOperand, class T, class V>
ARCHETYPE_INLINE constexpr V join_operand(const V& own, const V& operand) {
    if constexpr (AfterOperand)
        return join_values<Join, T>(operand, own);
    else
        return join_values<Join, T>(own, operand);
}
/// After(Join(Before(value), operands...)), the operands from images that may repeat. `AfterOperand`: Join(operand, value).
template <class T, class Join, bool AfterOperand, class Before, class After,
          kernels::stretched_image... Operands>
struct joined_epilogue {
    static constexpr bool across_pixels = (Operands.runs_across_pixels() && ...);
    std::array<const T*, sizeof...(Operands)> operands;

    ARCHETYPE_INLINE kernels::lanes<T> operator()(const kernels::lanes<T>& value,
                                                  const kernels::place& at) const {
        kernels::lanes<T> joined = Before::apply(value);
        std::size_t next = 0;
        ((joined = join_operand<Join, AfterOperand, T>(
              joined, kernels::load_stretched<Operands>(operands[next++], at))),
         ...);
        if constexpr (std::is_same_v<Join, average>)
            joined = joined * kernels::broadcast(T(1) / T(sizeof...(Operands) + 1));
        return After::apply(joined);
    }
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
