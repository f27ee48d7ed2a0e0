// SPDX-License-Identifier: BSL-1.0
/// @file activation.hpp
/// Activations as layers. Their formulas are expressions (expression/activations.hpp); here are their names
/// and costs: one operation for each element, whatever the function.
#pragma once
#include <archetype/architecture/layer.hpp>
#include <archetype/instruction_set.hpp>

namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET {

template <std::size_t>
struct variable;
template <class>
struct constant;
template <auto>
struct literal;
template <class, class...>
struct operation;

}  // namespace archetype::expression::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype {

namespace detail {

template <class F>
inline constexpr bool is_expression_type = false;
template <std::size_t I>
inline constexpr bool is_expression_type<expression::variable<I>> = true;
template <class S>
inline constexpr bool is_expression_type<expression::constant<S>> = true;
template <auto Number>
inline constexpr bool is_expression_type<expression::literal<Number>> = true;
template <class Operation, class... Operands>
inline constexpr bool is_expression_type<expression::operation<Operation, Operands...>> = true;

struct any_call {
    void operator()();
};
template <class F>
struct with_any_call : F, any_call {};
template <class F>
concept has_one_call = requires {
    &F::operator();
};
/// What can be told without the body of a function: an expression, or something to call that is generic.
template <class F>
constexpr bool may_be_expression() {
    if constexpr (!__is_class(F))
        return false;
    else if constexpr (is_expression_type<F>)
        return true;
    else if constexpr (__is_final(F))
        return !has_one_call<F>;
    else
        return !has_one_call<F> && !has_one_call<with_any_call<F>>;
}

}  // namespace detail

/// What pointwise layers share: any shape, unchanged, no parameters.
struct pointwise_layer {
    static constexpr layer_role role = layer_role::pointwise;
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.pointwise_operations = in.size();
        return facts;
    }
};

namespace detail {
/// A pointwise layer whose function is known, with a number of its own.
template <known_function Function, double Number = 0.0>
struct known_pointwise_layer : pointwise_layer {
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = pointwise_layer::describe(in);
        facts.function = Function;
        facts.variant = Number;
        return facts;
    }
};
}  // namespace detail

/// 1 / (1 + exp(-x)).
struct sigmoid : detail::known_pointwise_layer<known_function::sigmoid> {
    static constexpr text_view kind = "sigmoid";
};
/// (exp(x) - exp(-x)) / (exp(x) + exp(-x)); in single precision within 6 ulp, by a rational function.
/// `activation<[](auto x) { return tanh(x); }>` is the more accurate form.
struct tanh : detail::known_pointwise_layer<known_function::tanh> {
    static constexpr text_view kind = "tanh";
};
/// max(x, 0).
struct relu : detail::known_pointwise_layer<known_function::relu> {
    static constexpr text_view kind = "relu";
};
/// x for x >= 0, Slope * x below (Keras' default slope is 0.3, PyTorch's 0.01).
template <double Slope = 0.3>
struct leaky_relu : detail::known_pointwise_layer<known_function::leaky_relu, Slope> {
    static constexpr text_view kind = "leaky_relu";
    static constexpr double slope = Slope;
};
/// x for x >= 0, Alpha * (exp(x) - 1) below (Clevert et al. 2015).
template <double Alpha = 1.0>
struct elu : detail::known_pointwise_layer<known_function::elu, Alpha> {
    static constexpr text_view kind = "elu";
    static constexpr double alpha = Alpha;
};

/// A user's own activation from one expression: `activation<[](auto x) { return x * sigmoid(x); }>`, or a named one:
/// `activation<expression::activations::gelu>`. Its derivative is derived, and it is fused like the built-in ones.
/// A lambda is another type in each source file: in a header that several files include, write a struct with a constexpr
/// call operator, `activation<swish{}>`.
template <auto Expression>
struct activation : pointwise_layer {
    static constexpr text_view kind = "activation";
    static constexpr auto expression = Expression;
    static constexpr layer_facts describe(const shape& in) {
        if (!detail::may_be_expression<std::remove_cv_t<decltype(Expression)>>())
            return broken_layer(rule::not_an_expression);
        return pointwise_layer::describe(in);
    }
};

/// exp(x_i) / sum exp(x_j) over the last axis; three operations for each element.
struct softmax {
    static constexpr text_view kind = "softmax";
    static constexpr layer_role role = layer_role::rows;
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        facts.output = in;
        facts.function = known_function::softmax;
        facts.sees_everything = in.rank == 1;
        facts.pointwise_operations = 3 * in.size();
        return facts;
    }
};

}  // namespace archetype
