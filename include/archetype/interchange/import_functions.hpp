// SPDX-License-Identifier: BSL-1.0
/// @file import_functions.hpp
/// Activations of files and of networks compared by what they compute: names and spellings differ, slopes hide in numbers.
#pragma once
#include <archetype/execution/steps/pointwise.hpp>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Where functions are compared: bends, curves and far ends.
inline constexpr std::array<double, 18> function_samples{-60, -20, -4, -2.5, -2,  -1.5, -1, -0.5, -0.1,
                                                         0.1, 0.5, 1,  1.5,  2.2, 2.5,  4,  20,   60};
using sampled_function = std::array<double, function_samples.size()>;

/// A function of one element of a network: its name, its number (a slope) and what it computes.
struct import_function {
    std::string kind{};
    double number = 0;
    sampled_function values{};
    bool is_approximate = false;  ///< a user's own may be a fast form of a well-known one
};

/// The function of a pointwise layer.
template <class Layer>
import_function function_of() {
    import_function made;
    const text_view kind = Layer::kind;
    made.kind.assign(kind.data(), kind.size());
    made.is_approximate = requires { Layer::expression; };
    if constexpr (requires { Layer::slope; }) made.number = Layer::slope;
    if constexpr (requires { Layer::alpha; }) made.number = Layer::alpha;
    for (std::size_t i = 0; i < function_samples.size(); ++i)
        made.values[i] = expression::evaluate(expression_of<Layer>, function_samples[i]);
    return made;
}

/// A function that a file names; several where the name alone does not tell which.
struct named_function {
    std::string text{};  ///< for messages
    std::vector<double (*)(double, double)> forms{};
    double number = 0;  ///< its second argument
};

/// By its name in Keras, PyTorch or ONNX, in small letters. `number`: the slope or alpha that the file says, if it does.
inline std::optional<named_function> function_by_name(std::string_view name, std::optional<double> number) {
    using form = double (*)(double, double);
    static constexpr form hard[] = {
        [](double x, double) { return std::fmin(1, std::fmax(0, 0.2 * x + 0.5)); },
        [](double x, double) { return std::fmin(1, std::fmax(0, x / 6 + 0.5)); }};
    struct entry {
        std::string_view name;
        form compute;
        bool has_number = false;
        double number = 0;  ///< what the name alone means
    };
    static const entry table[] = {
        {"tanh", [](double x, double) { return std::tanh(x); }},
        {"sigmoid", [](double x, double) { return 1 / (1 + std::exp(-x)); }},
        {"relu", [](double x, double) { return std::fmax(x, 0); }},
        {"relu6", [](double x, double) { return std::fmin(6, std::fmax(x, 0)); }},
        {"elu", [](double x, double a) { return x >= 0 ? x : a * std::expm1(x); }, true, 1},
        {"leaky_relu", [](double x, double a) { return x >= 0 ? x : a * x; }, true, 0.2},
        {"selu",
         [](double x, double) {
             return 1.0507009873554805 * (x >= 0 ? x : 1.6732632423543772 * std::expm1(x));
         }},
        {"softplus", [](double x, double) { return std::fmax(x, 0) + std::log1p(std::exp(-std::abs(x))); }},
        {"softsign", [](double x, double) { return x / (1 + std::abs(x)); }},
        {"swish", [](double x, double) { return x / (1 + std::exp(-x)); }},
        {"silu", [](double x, double) { return x / (1 + std::exp(-x)); }},
        {"gelu", [](double x, double) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }},
        {"mish", [](double x,
                    double) { return x * std::tanh(std::fmax(x, 0) + std::log1p(std::exp(-std::abs(x)))); }},
        {"exponential", [](double x, double) { return std::exp(x); }},
    };
    if (name == "hard_sigmoid")  // slope 0.2 in Keras before 3 and ONNX, 1/6 in Keras 3 and PyTorch
        return named_function{std::string(name), {hard[0], hard[1]}, 0};
    for (const entry& one : table)
        if (one.name == name) {
            named_function made{std::string(name), {one.compute}, number.value_or(one.number)};
            if (one.has_number) {
                char text[32];
                std::snprintf(text, sizeof(text), " of %g", made.number);
                made.text += text;
            }
            return made;
        }
    return std::nullopt;
}

/// Whether a network's function is the file's, to single precision; a user's own, to three digits.
inline bool same_function(const import_function& own, const named_function& wanted) {
    for (const auto form : wanted.forms) {
        bool same = true;
        for (std::size_t i = 0; i < function_samples.size(); ++i) {
            const double y = form(function_samples[i], wanted.number),
                         allowed = own.is_approximate ? 2e-4 : 2e-6;
            same = same && std::abs(own.values[i] - y) <= allowed * std::fmax(1, std::abs(y));
        }
        if (same) return true;
    }
    return false;
}
/// For messages: "leaky_relu of 0.3".
inline std::string text_of(const import_function& own) {
    if (own.kind == "activation") return "another function, activation<...>";
    if (own.number == 0) return own.kind;
    char text[32];
    std::snprintf(text, sizeof(text), " of %g", own.number);
    return own.kind + text;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
