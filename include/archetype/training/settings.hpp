// SPDX-License-Identifier: BSL-1.0
/// @file settings.hpp
/// Optimizers and learning rates over time as text: what a checkpoint compares.
#pragma once
#include <archetype/data/number_text.hpp>
#include <archetype/expression/fingerprint.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// "adam" of `archetype::adam`, "warm_up" of a specialization, "a function" of a lambda; and whether it is the library's.
template <class T>
std::pair<std::string, bool> type_text() {
    const std::string_view text = __PRETTY_FUNCTION__;
    const std::size_t begin = text.find("T = ") + 4;
    std::string_view name = text.substr(begin, text.find_first_of(";]", begin) - begin);
    name = name.substr(0, name.find('<'));
    if (name.find("lambda") != name.npos || name.empty() || name.ends_with("::"))
        return {"a function", false};
    const std::size_t last = name.rfind("::");
    return {std::string(last == name.npos ? name : name.substr(last + 2)), name.starts_with("archetype::")};
}

inline std::string fingerprint_text(std::uint64_t fingerprint) {
    std::array<char, 16> digits;
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), fingerprint, 16).ptr};
}

/// Type and numbers of an optimizer, a loss or a schedule: "adam{beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-08}". Numbers
/// are members with the names that the library uses. Losses of one expression have its fingerprint, optimizers of one's own
/// that of the first update, in which all their numbers are; a type may say what it is by `settings()`.
template <class Settings>
std::string settings_text(const Settings& of, bool with_rate = true) {
    if constexpr (requires { std::string(of.settings()); }) {
        return of.settings();
    } else {
        std::string numbers;
        const auto add = [&](std::string_view name, auto get) {
            if constexpr (requires { get(of); }) {
                using value = std::remove_cvref_t<decltype(get(of))>;
                if constexpr (requires { get(of).has_value(); })
                    if (!get(of)) return;
                numbers += (numbers.empty() ? "" : ", ") + std::string(name) + " = ";
                if constexpr (std::is_same_v<value, bool>)
                    numbers += get(of) ? "true" : "false";
                else if constexpr (requires { get(of).has_value(); })
                    numbers += number_text(static_cast<double>(*get(of)));
                else if constexpr (std::is_arithmetic_v<value>)
                    numbers += number_text(static_cast<double>(get(of)));
                else
                    numbers += settings_text(get(of));
            }
        };
        if (with_rate) add("rate", [](const auto& s) -> decltype(s.rate) { return s.rate; });
        add("momentum", [](const auto& s) -> decltype(s.momentum) { return s.momentum; });
        add("weight_decay", [](const auto& s) -> decltype(s.weight_decay) { return s.weight_decay; });
        add("nesterov", [](const auto& s) -> decltype(s.nesterov) { return s.nesterov; });
        add("initial_accumulator",
            [](const auto& s) -> decltype(s.initial_accumulator) { return s.initial_accumulator; });
        add("rho", [](const auto& s) -> decltype(s.rho) { return s.rho; });
        add("beta_1", [](const auto& s) -> decltype(s.beta_1) { return s.beta_1; });
        add("beta_2", [](const auto& s) -> decltype(s.beta_2) { return s.beta_2; });
        add("epsilon", [](const auto& s) -> decltype(s.epsilon) { return s.epsilon; });
        add("decay", [](const auto& s) -> decltype(s.decay) { return s.decay; });
        add("every", [](const auto& s) -> decltype(s.every) { return s.every; });
        add("factor", [](const auto& s) -> decltype(s.factor) { return s.factor; });
        add("period", [](const auto& s) -> decltype(s.period) { return s.period; });
        add("longer", [](const auto& s) -> decltype(s.longer) { return s.longer; });
        add("least", [](const auto& s) -> decltype(s.least) { return s.least; });
        add("half_period", [](const auto& s) -> decltype(s.half_period) { return s.half_period; });
        add("steps", [](const auto& s) -> decltype(s.steps) { return s.steps; });
        add("from_zero", [](const auto& s) -> decltype(s.from_zero) { return s.from_zero; });
        add("label_smoothing",
            [](const auto& s) -> decltype(s.label_smoothing) { return s.label_smoothing; });
        add("ignore_class", [](const auto& s) -> decltype(s.ignore_class) { return s.ignore_class; });
        add("after", [](const auto& s) -> decltype(s.after) { return s.after; });
        const auto [name, is_known] = type_text<Settings>();
        const auto add_fingerprint = [&](std::uint64_t of_it) {
            numbers +=
                (numbers.empty() ? "" : ", ") + std::string("fingerprint = ") + fingerprint_text(of_it);
        };
        if constexpr (requires { expression::fingerprint(Settings::expression); })
            add_fingerprint(expression::fingerprint(Settings::expression));
        if constexpr (requires { expression::fingerprint(of.update(std::uint64_t{1})); }) {
            Settings copy = of;
            if constexpr (requires { copy.rate = 1; })
                if (!with_rate) copy.rate = 1;
            // Those of the library have all their numbers above.
            if (!is_known) add_fingerprint(expression::fingerprint(copy.update(1)));
        }
        return name + (numbers.empty() ? "" : "{" + numbers + "}");
    }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
