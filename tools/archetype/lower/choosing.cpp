// SPDX-License-Identifier: BSL-1.0
// Comparisons as ones and zeros, and choices by them.
#include "lowering.hpp"

#include <algorithm>
#include <cmath>

namespace archetype::lower {

namespace {

constexpr std::string_view condition_begin = "where(";
constexpr std::string_view condition_end = ", 1.0, 0.0)";

std::string number_text(double one) { return one < 0 ? "(" + literal(one) + ")" : literal(one); }

bool comparison(lowering& to) {
    static const std::map<std::string_view, std::pair<std::string_view, std::string_view>> signs{
        {"Greater", {">", "<"}},
        {"Less", {"<", ">"}},
        {"GreaterOrEqual", {">=", "<="}},
        {"LessOrEqual", {"<=", ">="}},
        {"Equal", {"==", "=="}}};
    const auto& [straight, turned] = signs.at(to.node().operation);
    const std::size_t variable = to.is_constant(0) ? 1 : 0;
    const double* number = to.scalar(1 - variable);
    if (number == nullptr || !std::isfinite(*number)) {
        if (to.is_constant(0) || to.is_constant(1)) return to.refuse("a comparison with one finite number");
        if (to.shape(0) != to.shape(1) || !same_places(to.in(0).where, to.in(1).where))
            return to.refuse("a comparison of values of one shape");
        const std::size_t first = to.in(0).layer;
        const shape_type& shape = to.at(first).shape;
        const std::size_t difference = to.add("subtract", {}, {first, to.with_shape(to.in(1).layer, shape)},
                                              shape, {}, layer::kinds::join);
        const std::size_t made = to.add("activation", {}, {difference}, shape);
        to.at(made).formula = "where(x " + std::string(straight) + " 0.0, 1.0, 0.0)";
        to.give(made, to.in(0).where);
        return true;
    }
    if (to.shape(variable) != to.out_shape()) return to.refuse("a number that is no larger than the value");
    const step* next = to.only_reader(to.node().outputs[0]);
    if (to.node().operation == "Equal" && next != nullptr && next->node.domain.empty() &&
        next->node.operation == "Not") {
        const std::size_t from = to.with_shape(to.in(variable).layer, {to.in(variable).where.size()});
        to.give(to.add("step_mask", {literal(*number)}, {from}, to.at(from).shape), to.in(variable).where);
        to.rename(to.node().outputs[0], next->node.outputs[0]);
        to.also_from(to.result().layer, *next);
        to.consume(*next);
        return true;
    }
    return give_formula(to, variable,
                        std::string(condition_begin) + "x " + std::string(variable == 0 ? straight : turned) +
                            " " + number_text(*number) + std::string(condition_end));
}

bool negation(lowering& to) { return give_formula(to, 0, "1.0 - x"); }

bool connection(lowering& to) {
    if (to.is_constant(0) || to.is_constant(1) || to.shape(0) != to.shape(1) ||
        !same_places(to.in(0).where, to.in(1).where))
        return to.refuse("conditions of one shape that are no constants");
    const std::size_t first = to.in(0).layer;
    const shape_type shape = to.at(first).shape;
    const std::string type = to.node().operation == "And" ? "multiply" : "maximum";
    if (give_together(to, to.node().operation == "And" ? "Mul" : "Max")) return true;
    to.give(to.add(type, {}, {first, to.with_shape(to.in(1).layer, shape)}, shape, {}, layer::kinds::join),
            to.in(0).where);
    return true;
}

/// A number as a formula, or what a value is of the layer before its activation.
struct formula_of_value {
    std::size_t base = 0;
    std::string text;
    bool is_number = false;
};

std::optional<formula_of_value> formula_of(lowering& to, std::size_t k) {
    if (const double* number = to.scalar(k)) {
        if (!std::isfinite(*number)) return std::nullopt;
        return formula_of_value{0, literal(*number), true};
    }
    if (to.is_constant(k)) {
        const auto numbers = to.constant(k).as_reals();
        if (numbers.empty() ||
            std::any_of(numbers.begin(), numbers.end(), [&](double one) { return one != numbers[0]; }) ||
            !std::isfinite(numbers[0]) || to.shape(k) != to.out_shape())
            return std::nullopt;
        return formula_of_value{0, literal(numbers[0]), true};
    }
    const std::size_t from = to.in(k).layer;
    if (to.at(from).type == "activation")
        return formula_of_value{to.at(from).inputs[0], to.at(from).formula, false};
    return formula_of_value{from, "x", false};
}

bool choice(lowering& to) {
    if (to.is_constant(0)) return to.refuse("a choice between a value and finite numbers");
    const std::size_t condition = to.in(0).layer;
    if (to.shape(0) != to.out_shape()) return to.refuse("a condition of the shape of the result");
    const shape_type shape = to.at(condition).shape;
    const layout where = to.in(0).where;
    for (const std::size_t k : {1U, 2U})
        if (!to.is_constant(k) && (to.shape(k) != to.out_shape() || !same_places(to.in(k).where, where)))
            return to.refuse("values of the shape of the condition, with their elements in one order");
    const auto yes = formula_of(to, 1);
    const auto no = formula_of(to, 2);
    const bool plain = to.at(condition).type == "activation" &&
                       to.at(condition).formula.starts_with(condition_begin) &&
                       to.at(condition).formula.ends_with(condition_end) &&
                       to.at(condition).formula.find("where(", 1) == std::string::npos;
    if (plain && yes && no) {
        // Of the value that the condition looks at: one formula.
        const std::size_t base = to.at(condition).inputs[0];
        const auto text = [&](const formula_of_value& one, std::size_t k) -> std::string {
            if (one.is_number) return one.text;
            if (to.in(k).layer == base) return "x";
            return one.base == base && one.text != "x" ? one.text : "";
        };
        const std::string a = text(*yes, 1);
        const std::string b = text(*no, 2);
        const std::string& full = to.at(condition).formula;
        const std::string tested =
            full.substr(condition_begin.size(), full.size() - condition_begin.size() - condition_end.size());
        if (!a.empty() && !b.empty() && a.size() + b.size() < 100) {
            const std::size_t made = to.add("activation", {}, {base}, to.at(base).shape);
            to.at(made).formula = "where(" + tested + ", " + a + ", " + b + ")";
            for (const std::size_t k : {0U, 1U, 2U})
                if (!to.is_constant(k) && to.in(k).layer != base)
                    to.at(made).sources.insert(to.at(to.in(k).layer).sources.begin(),
                                               to.at(to.in(k).layer).sources.end());
            to.give(made, where);
            return true;
        }
    }
    // c a + (1 - c) b, where no value is infinite: zero times that is NaN.
    for (const std::size_t k : {1U, 2U}) {
        if (to.is_constant(k)) continue;
        const layer& from = to.at(to.in(k).layer);
        bool endless = from.type == "divide" || from.type == "exponential";
        for (const std::string_view part : {"/", "log(", "sqrt(", "pow", "exp("})
            endless = endless || from.formula.find(part) != std::string::npos;
        if (endless)
            return to.refuse(
                "a choice between values that are always finite, or formulas of the value that is compared");
    }
    const auto part = [&](std::size_t k, std::size_t chosen,
                          const std::optional<formula_of_value>& known) -> std::optional<std::size_t> {
        if (to.is_constant(k)) {
            if (!known) return std::nullopt;
            const std::size_t made = to.add("activation", {}, {chosen}, shape);
            to.at(made).formula =
                "x * " + (known->text.starts_with("-") ? "(" + known->text + ")" : known->text);
            return made;
        }
        return to.add("multiply", {}, {chosen, to.with_shape(to.in(k).layer, shape)}, shape, {},
                      layer::kinds::join);
    };
    const std::size_t other = to.add("activation", {}, {condition}, shape);
    to.at(other).formula = "1.0 - x";
    const auto a = part(1, condition, yes);
    const auto b = part(2, other, no);
    if (!a || !b) return to.refuse("a choice between values and finite numbers");
    to.give(to.add("add", {}, {*a, *b}, shape, {}, layer::kinds::join), where);
    return true;
}

}  // namespace

bool give_together(lowering& to, const std::string& operation) {
    const auto point = [&](std::size_t k) -> std::pair<std::size_t, std::string> {
        const std::size_t from = to.in(k).layer;
        if (to.at(from).type == "activation") return {to.at(from).inputs[0], to.at(from).formula};
        return {from, "x"};
    };
    auto [first, a] = point(0);
    auto [second, b] = point(1);
    if (first != second && to.in(1).layer == first) second = first, b = "x";
    if (first != second && to.in(0).layer == second) first = second, a = "x";
    const bool chooses = a.find("where(") != a.npos || b.find("where(") != b.npos;
    if (first != second || !chooses || a.size() + b.size() > 120 || to.has_scale(0) || to.has_scale(1))
        return false;
    static const std::map<std::string_view, std::string_view> signs{
        {"Add", " + "}, {"Sub", " - "}, {"Mul", " * "}, {"Div", " / "}};
    const auto closed = [](const std::string& text) {
        return text == "x" || text.starts_with("where(") ? text : "(" + text + ")";
    };
    std::string formula;
    if (const auto sign = signs.find(operation); sign != signs.end())
        formula = closed(a) + std::string(sign->second) + closed(b);
    else if (operation == "Max" || operation == "Min")
        formula = (operation == "Max" ? "max(" : "min(") + a + ", " + b + ")";
    else
        return false;
    const std::size_t made = to.add("activation", {}, {first}, to.at(first).shape);
    to.at(made).formula = formula;
    for (const std::size_t k : {0U, 1U})
        if (to.in(k).layer != first)
            to.at(made).sources.insert(to.at(to.in(k).layer).sources.begin(),
                                       to.at(to.in(k).layer).sources.end());
    to.give(made, to.in(0).where);
    return true;
}

const std::map<std::string_view, lower_function>& choosing_operators() {
    static const std::map<std::string_view, lower_function> table{
        {"Greater", comparison},     {"Less", comparison},  {"GreaterOrEqual", comparison},
        {"LessOrEqual", comparison}, {"Equal", comparison}, {"Not", negation},
        {"And", connection},         {"Or", connection},    {"Where", choice}};
    return table;
}

}  // namespace archetype::lower
