// SPDX-License-Identifier: BSL-1.0
// One element from one element: the library's activations, or an expression of x.
#include "lowering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace archetype::lower {

namespace {

bool named(lowering& to, std::string type, std::vector<std::string> arguments = {}) {
    const std::size_t from = to.in(0).layer;
    to.give(to.add(std::move(type), std::move(arguments), {from}, to.at(from).shape), to.in(0).where);
    return true;
}

/// x wherever it stands alone, replaced.
std::string substituted(const std::string& formula, const std::string& inner) {
    std::string made;
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    for (std::size_t k = 0; k < formula.size(); ++k) {
        const bool alone = formula[k] == 'x' && (k == 0 || !is_word(formula[k - 1])) &&
                           (k + 1 == formula.size() || !is_word(formula[k + 1]));
        const bool enclosed =
            k > 0 && k + 1 < formula.size() && formula[k - 1] == '(' && formula[k + 1] == ')';
        made += !alone ? std::string(1, formula[k]) : enclosed ? inner : "(" + inner + ")";
    }
    return made;
}

}  // namespace

/// The number of "x * number".
static std::optional<double> factor_of(const std::string& formula) {
    constexpr std::size_t begin = 4;  // behind "x * "
    if (!formula.starts_with("x * ") || formula.find_first_not_of("0123456789.e-", begin) != formula.npos)
        return std::nullopt;
    return std::stod(formula.substr(begin));
}

/// A formula after another one is one layer, if nobody else reads the first.
bool give_formula(lowering& to, std::size_t k, const std::string& formula) {
    const std::size_t from = to.in(k).layer;
    const layer& before = to.at(from);
    const bool alone = to.only_reader(to.node().inputs[k]) != nullptr && !to.has_scale(k);
    if (alone && before.type == "activation" && before.formula.size() < 60) {
        layer& grown = to.at(from);
        const auto first = factor_of(grown.formula);
        const auto second = factor_of(formula);
        if (first && second) {  // one factor, or none
            if (*first * *second == 1) {
                to.give(grown.inputs[0], to.in(k).where);
                to.note("factors that are 1 together");
                return true;
            }
            grown.sources.insert(to.now().sources.begin(), to.now().sources.end());
            grown.formula = "x * " + literal(*first * *second);
            to.give(from, to.in(k).where);
            return true;
        }
        grown.formula = substituted(formula, grown.formula);
        grown.sources.insert(to.now().sources.begin(), to.now().sources.end());
        to.give(from, to.in(k).where);
        return true;
    }
    const std::size_t made = to.add("activation", {}, {from}, to.at(from).shape);
    to.at(made).formula = formula;
    to.give(made, to.in(k).where);
    return true;
}

namespace {

bool clip(lowering& to) {
    const double infinity = std::numeric_limits<double>::infinity();
    double low = -infinity;
    double high = infinity;
    if (to.has(1)) {
        if (to.scalar(1) == nullptr) return to.refuse("bounds that are constants");
        low = *to.scalar(1);
    }
    if (to.has(2)) {
        if (to.scalar(2) == nullptr) return to.refuse("bounds that are constants");
        high = *to.scalar(2);
    }
    const double most = std::numeric_limits<float>::max();
    if (low <= -most && high >= most) {
        to.give_view(to.in(0), to.in(0).where);
        to.note("a clip without bounds");
        return true;
    }
    if (low == 0 && high == 6) return named(to, "relu6");
    if (low == 0 && high >= most) return named(to, "relu");
    if (low <= -most) return give_formula(to, 0, "min(x, " + literal(high) + ")");
    if (high >= most) return give_formula(to, 0, "max(x, " + literal(low) + ")");
    if (low >= high) return to.refuse("a lower bound below the upper one");
    if (low == -1 && high == 1) return named(to, "hard_tanh", {});
    return named(to, "hard_tanh", {literal(low), literal(high)});
}

bool hard_sigmoid(lowering& to) {
    const double slope = rewrite::number_of(to.node(), "alpha", 0.2);
    const double offset = rewrite::number_of(to.node(), "beta", 0.5);
    if (std::abs(slope - 1.0 / 6) < 1e-7 && offset == 0.5) return named(to, "hard_sigmoid", {});
    if (offset == 0.5) return named(to, "hard_sigmoid", {literal(slope)});
    return named(to, "hard_sigmoid", {literal(slope), literal(offset)});
}

bool shrink(lowering& to) {
    const double lambda = rewrite::number_of(to.node(), "lambd", 0.5);
    const double bias = rewrite::number_of(to.node(), "bias", 0);
    if (lambda >= 0 && bias == 0) return named(to, "hard_shrink", {literal(lambda)});
    if (lambda >= 0 && bias == lambda) return named(to, "soft_shrink", {literal(lambda)});
    // Below zero both bounds hold for some x: the lower one is asked for first.
    return give_formula(to, 0,
                        "where(x < " + literal(-lambda) + ", x + " + literal(bias) + ", where(x > " +
                            literal(lambda) + ", x - " + literal(bias) + ", 0.0))");
}

bool power(lowering& to) {
    const double* exponent = to.scalar(1);
    if (exponent == nullptr) return to.refuse("an exponent that is a constant");
    if (*exponent == 2) return give_formula(to, 0, "square(x)");
    if (*exponent == 0.5) return give_formula(to, 0, "sqrt(x)");
    if (*exponent == 1) return give_formula(to, 0, "x");
    if (*exponent == std::floor(*exponent) && std::abs(*exponent) < 100)
        return give_formula(to, 0, "pow<" + std::to_string(static_cast<int>(*exponent)) + ">(x)");
    return give_formula(to, 0, "pow(x, " + literal(*exponent) + ")");
}

bool leaky(lowering& to) {
    return named(to, "leaky_relu", {literal(rewrite::number_of(to.node(), "alpha", 0.01))});
}
bool elu(lowering& to) {
    const double alpha = rewrite::number_of(to.node(), "alpha", 1);
    return named(to, "elu", alpha == 1 ? std::vector<std::string>{} : std::vector{literal(alpha)});
}
bool celu(lowering& to) {
    const double alpha = rewrite::number_of(to.node(), "alpha", 1);
    return named(to, "celu", alpha == 1 ? std::vector<std::string>{} : std::vector{literal(alpha)});
}
bool selu(lowering& to) {
    if (std::abs(rewrite::number_of(to.node(), "alpha", 1.67326) - 1.67326) > 1e-4 ||
        std::abs(rewrite::number_of(to.node(), "gamma", 1.0507) - 1.0507) > 1e-4)
        return to.refuse("the numbers of the paper");
    return named(to, "selu");
}
bool gelu(lowering& to) {
    return named(to, rewrite::text_of(to.node(), "approximate", "none") == "tanh" ? "gelu_tanh" : "gelu");
}
bool swish(lowering& to) {
    const double alpha = rewrite::number_of(to.node(), "alpha", 1);
    if (alpha == 1) return named(to, "silu");
    return give_formula(to, 0, "x * sigmoid(x * " + literal(alpha) + ")");
}
bool thresholded(lowering& to) {
    return named(to, "thresholded_relu", {literal(rewrite::number_of(to.node(), "alpha", 1))});
}

/// Integers that become wider, or real numbers: class numbers are real numbers in the library.
bool cast(lowering& to) {
    const graph::element_type from = to.graph().types.at(to.node().inputs[0]);
    const graph::element_type into = to.graph().types.at(to.node().outputs[0]);
    if (from == graph::element_type::boolean || into == graph::element_type::boolean) {
        // Conditions are ones and zeros. What is not zero is true, which is all that attention asks of a mask.
        bool asked = from != graph::element_type::boolean;
        for (const step& one : to.graph().steps)
            for (const graph::value_id id : one.node.inputs)
                asked = asked && (id != to.node().outputs[0] || one.node.operation == "Attention");
        if (from != graph::element_type::boolean && !asked)
            return give_formula(to, 0, "where(x == 0.0, 0.0, 1.0)");
        to.give_view(to.in(0), to.in(0).where);
        to.note("a condition: ones and zeros here");
        return true;
    }
    if (graph::is_real(from) && graph::is_real(into) && graph::bits_of(from) >= 16 &&
        graph::bits_of(into) >= 16) {
        to.give_view(to.in(0), to.in(0).where);
        to.note("numbers of 16 bits: single precision here");
        return true;
    }
    const bool wider =
        graph::is_whole(into) && graph::is_whole(from) && graph::bits_of(into) >= graph::bits_of(from);
    if (!graph::is_whole(from) ||
        !(wider || into == graph::element_type::float32 || into == graph::element_type::float64))
        return to.refuse("integers that become wider, or real numbers");
    to.give_view(to.in(0), to.in(0).where);
    to.note("numbers of another type: real numbers here");
    return true;
}

/// Layers without numbers, and formulas, by the operator's name.
bool by_name(lowering& to) {
    static const std::map<std::string_view, std::string_view> layers{{"Relu", "relu"},
                                                                     {"Sigmoid", "sigmoid"},
                                                                     {"Tanh", "tanh"},
                                                                     {"HardSwish", "hard_swish"},
                                                                     {"Softplus", "softplus"},
                                                                     {"Softsign", "softsign"},
                                                                     {"Mish", "mish"},
                                                                     {"Exp", "exponential"},
                                                                     {"Sin", "sin"}};
    static const std::map<std::string_view, std::string_view> formulas{
        {"Sqrt", "sqrt(x)"},       {"Log", "log(x)"},
        {"Abs", "abs(x)"},         {"Neg", "-x"},
        {"Reciprocal", "1.0 / x"}, {"Erf", "erf(x)"},
        {"Cos", "cos(x)"},         {"Atan", "atan(x)"},
        {"Floor", "floor(x)"},     {"Round", "round(x)"},
        {"Ceil", "-floor(-x)"},    {"Sign", "where(x > 0.0, 1.0, where(x < 0.0, -1.0, 0.0))"}};
    if (const auto found = layers.find(to.node().operation); found != layers.end())
        return named(to, std::string(found->second));
    return give_formula(to, 0, std::string(formulas.at(to.node().operation)));
}

}  // namespace

const std::map<std::string_view, lower_function>& pointwise_operators() {
    static const std::map<std::string_view, lower_function> table{
        {"Relu", by_name},      {"Sigmoid", by_name},    {"Tanh", by_name},
        {"HardSwish", by_name}, {"Softplus", by_name},   {"Softsign", by_name},
        {"Mish", by_name},      {"Exp", by_name},        {"Sin", by_name},
        {"Sqrt", by_name},      {"Log", by_name},        {"Abs", by_name},
        {"Neg", by_name},       {"Reciprocal", by_name}, {"Erf", by_name},
        {"Cos", by_name},       {"Atan", by_name},       {"Floor", by_name},
        {"Round", by_name},     {"Ceil", by_name},       {"Sign", by_name},
        {"Clip", clip},         {"Cast", cast},          {"HardSigmoid", hard_sigmoid},
        {"Shrink", shrink},     {"Pow", power},          {"LeakyRelu", leaky},
        {"Elu", elu},           {"Celu", celu},          {"Selu", selu},
        {"Gelu", gelu},         {"Swish", swish},        {"ThresholdedRelu", thresholded}};
    return table;
}

}  // namespace archetype::lower
