// SPDX-License-Identifier: BSL-1.0
/// @file expression.hpp
/// Activations in ONNX: by an operator of their own where there is one, else operation by operation.
#pragma once
#include <archetype/architecture/layers/named_activations.hpp>
#include <archetype/execution/steps/pointwise.hpp>
#include <archetype/interchange/onnx/values.hpp>

#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// An operation whose operator has another meaning, or none, stands here as a function of `onnx_graph` and its operands.
template <class Operation>
struct onnx_operation;

#define ARCHETYPE_ONNX_OPERATION(operation, name)                                            \
    template <>                                                                              \
    struct onnx_operation<expression::operations::operation> {                               \
        static std::string write(onnx_graph& to, const std::vector<std::string>& operands) { \
            return to.add(name, operands);                                                   \
        }                                                                                    \
    };
ARCHETYPE_ONNX_OPERATION(add, "Add")
ARCHETYPE_ONNX_OPERATION(subtract, "Sub")
ARCHETYPE_ONNX_OPERATION(multiply, "Mul")
ARCHETYPE_ONNX_OPERATION(divide, "Div")
ARCHETYPE_ONNX_OPERATION(negate, "Neg")
ARCHETYPE_ONNX_OPERATION(less, "Less")
ARCHETYPE_ONNX_OPERATION(less_equal, "LessOrEqual")
ARCHETYPE_ONNX_OPERATION(equal, "Equal")
ARCHETYPE_ONNX_OPERATION(logical_and, "And")
ARCHETYPE_ONNX_OPERATION(logical_or, "Or")
ARCHETYPE_ONNX_OPERATION(logical_not, "Not")
ARCHETYPE_ONNX_OPERATION(where, "Where")
ARCHETYPE_ONNX_OPERATION(min, "Min")
ARCHETYPE_ONNX_OPERATION(max, "Max")
ARCHETYPE_ONNX_OPERATION(abs, "Abs")
ARCHETYPE_ONNX_OPERATION(sqrt, "Sqrt")
ARCHETYPE_ONNX_OPERATION(exp, "Exp")
ARCHETYPE_ONNX_OPERATION(log, "Log")
ARCHETYPE_ONNX_OPERATION(sin, "Sin")
ARCHETYPE_ONNX_OPERATION(cos, "Cos")
ARCHETYPE_ONNX_OPERATION(atan, "Atan")
ARCHETYPE_ONNX_OPERATION(erf, "Erf")
ARCHETYPE_ONNX_OPERATION(floor, "Floor")
ARCHETYPE_ONNX_OPERATION(round, "Round")
ARCHETYPE_ONNX_OPERATION(pow, "Pow")
ARCHETYPE_ONNX_OPERATION(softplus, "Softplus")
ARCHETYPE_ONNX_OPERATION(tanh, "Tanh")
ARCHETYPE_ONNX_OPERATION(fast_tanh, "Tanh")
ARCHETYPE_ONNX_OPERATION(rational_tanh, "Tanh")
ARCHETYPE_ONNX_OPERATION(sigmoid, "Sigmoid")
ARCHETYPE_ONNX_OPERATION(fast_sigmoid, "Sigmoid")
ARCHETYPE_ONNX_OPERATION(rational_sigmoid, "Sigmoid")
ARCHETYPE_ONNX_OPERATION(softsign, "Softsign")
ARCHETYPE_ONNX_OPERATION(relu, "Relu")
#undef ARCHETYPE_ONNX_OPERATION

#define ARCHETYPE_ONNX_OPERATION(operation, result)                                                    \
    template <>                                                                                        \
    struct onnx_operation<expression::operations::operation> {                                         \
        static std::string write(onnx_graph& to, const std::vector<std::string>& x) { return result; } \
    };
ARCHETYPE_ONNX_OPERATION(not_equal, to.add("Not", {to.add("Equal", x)}))
ARCHETYPE_ONNX_OPERATION(square, to.add("Mul", {x[0], x[0]}))
ARCHETYPE_ONNX_OPERATION(clamp, to.add("Min", {x[2], to.add("Max", {x[1], x[0]})}))
// Elu is e^x - 1 below 0, without loss near 0; above, x >= 0, it would be x.
ARCHETYPE_ONNX_OPERATION(expm1, to.add("Where", {to.add("Less", {x[0], to.number(0)}), to.add("Elu", {x[0]}),
                                                 to.add("Sub", {to.add("Exp", {x[0]}), to.number(1)})}))
ARCHETYPE_ONNX_OPERATION(log1p, to.add("Log", {to.add("Add", {to.number(1), x[0]})}))
ARCHETYPE_ONNX_OPERATION(stop_gradient, (static_cast<void>(to), x[0]))
ARCHETYPE_ONNX_OPERATION(
    normal_cdf,
    to.add("Mul", {to.number(0.5),
                   to.add("Add", {to.number(1),
                                  to.add("Erf", {to.add("Mul", {x[0], to.number(0.70710678118654752)})})})}))
ARCHETYPE_ONNX_OPERATION(leaky_relu,
                         to.add("Where", {to.add("Less", {to.number(0), x[0]}), x[0], to.add("Mul", x)}))
ARCHETYPE_ONNX_OPERATION(elu, to.add("Where", {to.add("Less", {to.number(0), x[0]}), x[0],
                                               to.add("Mul", {x[1], to.add("Elu", {x[0]})})}))
#undef ARCHETYPE_ONNX_OPERATION
template <int N>
struct onnx_operation<expression::operations::power<N>> {
    static std::string write(onnx_graph& to, const std::vector<std::string>& x) {
        return to.add("Pow", {x[0], to.number(N)});
    }
};

/// Writes an expression of one variable, each distinct part once.
class onnx_expression {
public:
    onnx_expression(onnx_graph& to, std::string variable) : to_(to), variable_(std::move(variable)) {}

    template <std::size_t I>
    std::string write(const expression::variable<I>&) {
        return variable_;
    }
    template <class S>
    std::string write(const expression::constant<S>& of) {
        return to_.number(static_cast<double>(of.number));
    }
    template <auto Number>
    std::string write(const expression::literal<Number>&) {
        return to_.number(static_cast<double>(Number));
    }
    template <class Operation, class... Operands>
    std::string write(const expression::operation<Operation, Operands...>& of) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            const std::vector<std::string> operands{write(expression::detail::operand<I>(of))...};
            std::string& made = written_[{&tag<Operation>, operands}];
            if (made.empty()) made = onnx_operation<Operation>::write(to_, operands);
            return made;
        }
        (std::index_sequence_for<Operands...>{});
    }

private:
    template <class Operation>
    static constexpr char tag = 0;

    onnx_graph& to_;
    std::string variable_;
    std::map<std::pair<const char*, std::vector<std::string>>, std::string> written_;
};

/// The operator of an activation and its numbers; none unless specialized.
template <class Layer>
struct onnx_activation;
#define ARCHETYPE_ONNX_ACTIVATION(name, operation)          \
    template <>                                             \
    struct onnx_activation<archetype::name> {               \
        static constexpr std::string_view text = operation; \
        static onnx_attributes numbers() { return {}; }     \
    };
ARCHETYPE_ONNX_ACTIVATION(relu, "Relu")
ARCHETYPE_ONNX_ACTIVATION(sigmoid, "Sigmoid")
ARCHETYPE_ONNX_ACTIVATION(tanh, "Tanh")
ARCHETYPE_ONNX_ACTIVATION(softplus, "Softplus")
ARCHETYPE_ONNX_ACTIVATION(softsign, "Softsign")
ARCHETYPE_ONNX_ACTIVATION(hard_swish, "HardSwish")
ARCHETYPE_ONNX_ACTIVATION(exponential, "Exp")
ARCHETYPE_ONNX_ACTIVATION(sin, "Sin")
#undef ARCHETYPE_ONNX_ACTIVATION
template <double Lambda>
struct onnx_activation<archetype::hard_shrink<Lambda>> {
    static constexpr std::string_view text = "Shrink";
    static onnx_attributes numbers() { return onnx_attributes().add("lambd", Lambda); }
};
template <double Lambda>
struct onnx_activation<archetype::soft_shrink<Lambda>> {
    static constexpr std::string_view text = "Shrink";
    static onnx_attributes numbers() { return onnx_attributes().add("lambd", Lambda).add("bias", Lambda); }
};
template <double Bound, double Value>
requires(Bound >= 0 && Value == 0) struct onnx_activation<archetype::threshold<Bound, Value>> {
    static constexpr std::string_view text = "ThresholdedRelu";
    static onnx_attributes numbers() { return onnx_attributes().add("alpha", Bound); }
};
template <double Slope>
struct onnx_activation<archetype::leaky_relu<Slope>> {
    static constexpr std::string_view text = "LeakyRelu";
    static onnx_attributes numbers() { return onnx_attributes().add("alpha", Slope); }
};
template <double Alpha>
struct onnx_activation<archetype::elu<Alpha>> {
    static constexpr std::string_view text = "Elu";
    static onnx_attributes numbers() { return onnx_attributes().add("alpha", Alpha); }
};
template <double Alpha>
struct onnx_activation<archetype::celu<Alpha>> {
    static constexpr std::string_view text = "Celu";
    static onnx_attributes numbers() { return onnx_attributes().add("alpha", Alpha); }
};
template <double Slope, double Offset>
struct onnx_activation<archetype::hard_sigmoid<Slope, Offset>> {
    static constexpr std::string_view text = "HardSigmoid";
    static onnx_attributes numbers() { return onnx_attributes().add("alpha", Slope).add("beta", Offset); }
};
template <>
struct onnx_activation<archetype::selu> {
    static constexpr std::string_view text = "Selu";
    static onnx_attributes numbers() {
        return onnx_attributes().add("alpha", 1.6732632423543772).add("gamma", 1.0507009873554805);
    }
};

/// A pointwise layer, or a function of a gate, of a tensor.
template <class Layer>
std::string write_onnx_activation(onnx_graph& to, const std::string& x) {
    if constexpr (requires { onnx_activation<Layer>::text; })
        return to.add(onnx_activation<Layer>::text, {x}, onnx_activation<Layer>::numbers());
    else
        return onnx_expression(to, x).write(expression_of<Layer>);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
