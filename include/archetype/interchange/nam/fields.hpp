// SPDX-License-Identifier: BSL-1.0
/// @file fields.hpp
/// The members of an object of an amplifier file, each asked for by name. What nobody asked for is reported.
#pragma once
#include <archetype/interchange/json_fields.hpp>
#include <archetype/interchange/nam/graph.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Faults of one file. The first thousand are listed.
struct nam_report {
    load_failure failure{};
    const std::vector<std::string>* skip_keys = nullptr;
    bool failed() const { return !failure.mismatches.empty(); }
    void add(load_problem problem, std::string place, std::string expected, std::string found) {
        if (failure.mismatches.size() < 1000)
            failure.mismatches.push_back({problem, std::move(place), std::move(expected), std::move(found)});
        else
            ++failure.unlisted;
    }
};

class nam_fields {
public:
    nam_fields(nam_report& report, const json_value& object, std::string place)
        : report_(report), fields_(object), place_(std::move(place)) {
        if (object.type() != json_value::kind::object) wrong("", "an object", object);
    }
    nam_fields(const nam_fields&) = delete;

    std::string at(std::string_view key) const {
        const std::string own(key);
        return place_.empty() ? own : key.empty() ? place_ : place_ + "." + own;
    }
    void wrong(std::string_view key, std::string expected, const json_value& found) {
        report_.add(load_problem::shape, at(key), std::move(expected), found.summary());
    }
    void missing(std::string_view key, std::string expected) {
        report_.add(load_problem::missing, at(key), std::move(expected), "no such member");
    }
    /// Nothing for none and for null.
    std::optional<json_value> take(std::string_view key) { return fields_.take(key); }
    void skip(std::initializer_list<std::string_view> keys) { fields_.skip(keys); }

    /// A whole number from 1 to 2^24, or `otherwise` where the file may be silent (0: it may not). 0 if it is wrong.
    std::size_t size(std::string_view key, std::size_t otherwise = 0) {
        const auto found = take(key);
        if (!found) {
            if (otherwise == 0) missing(key, "a whole number");
            return otherwise;
        }
        return size_of(*found, key);
    }
    std::size_t size_of(const json_value& found, std::string_view key) {
        const auto number = number_of(found);
        if (number && *number >= 1 && *number <= 1 << 24 && *number == std::floor(*number))
            return static_cast<std::size_t>(*number);
        wrong(key, "a whole number from 1 to 16777216", found);
        return 0;
    }
    std::vector<std::size_t> sizes(std::string_view key) {
        std::vector<std::size_t> made;
        if (const auto found = take(key)) {
            if (found->type() != json_value::kind::array || found->element_count() == 0)
                wrong(key, "an array of whole numbers", *found);
            std::size_t i = 0;
            found->for_each_element([&](json_value one) { made.push_back(size_of(one, item(key, i++))); });
        } else
            missing(key, "an array of whole numbers");
        return made;
    }
    bool flag(std::string_view key, std::optional<bool> otherwise = std::nullopt) {
        const auto found = take(key);
        if (found && found->type() == json_value::kind::boolean) return found->text() == "true";
        if (found)
            wrong(key, "true or false", *found);
        else if (!otherwise)
            missing(key, "true or false");
        return otherwise.value_or(false);
    }
    std::optional<double> number(std::string_view key) {
        const auto found = take(key);
        if (!found) return std::nullopt;
        const auto number = number_of(*found);
        if (!number) wrong(key, "a finite number", *found);
        return number;
    }
    std::string text(std::string_view key, const std::optional<std::string>& otherwise = std::nullopt) {
        const auto found = take(key);
        if (found && found->type() == json_value::kind::string) return found->text();
        if (found)
            wrong(key, "a text", *found);
        else if (!otherwise)
            missing(key, "a text");
        return otherwise.value_or(std::string());
    }
    /// To be called when all that is known was asked for.
    void finish() {
        fields_.for_each_unread([&](const std::string& key, const json_value& value) {
            const auto* const skip = report_.skip_keys;
            if (skip != nullptr && std::find(skip->begin(), skip->end(), key) != skip->end()) return;
            report_.add(load_problem::unexpected, at(key), "no member that this reader does not know",
                        value.summary());
        });
    }
    static std::string item(std::string_view key, std::size_t index) {
        return std::string(key) + "[" + std::to_string(index) + "]";
    }
    nam_report& report() { return report_; }

private:
    nam_report& report_;
    json_fields fields_;
    std::string place_;
};

/// A text or an object with numbers, as this format names its functions. `slopes` of a PReLU with one for each channel.
inline std::optional<nam_function> nam_function_of(nam_report& report, const json_value& value,
                                                   const std::string& place, std::vector<double>& slopes) {
    const bool is_object = value.type() == json_value::kind::object;
    if (!is_object && value.type() != json_value::kind::string) {
        report.add(load_problem::shape, place, "a function by its name or an object with its type",
                   value.summary());
        return std::nullopt;
    }
    std::optional<nam_fields> fields;
    if (is_object) fields.emplace(report, value, place);
    const std::string type = is_object ? fields->text("type") : value.text();
    const auto number = [&](std::string_view key, double otherwise) {
        return fields ? fields->number(key).value_or(otherwise) : otherwise;
    };
    const auto leaky = [](double slope) {
        return nam_function::of("leaky_relu of " + number_text(slope),
                                [=](double x) { return x > 0 ? x : slope * x; });
    };
    std::optional<nam_function> made;
    if (type == "Tanh")
        made = nam_function::of("tanh", [](double x) { return std::tanh(x); });
    else if (type == "Hardtanh")
        made = nam_function::of("Hardtanh", [](double x) { return std::clamp(x, -1.0, 1.0); });
    else if (type == "ReLU")
        made = nam_function::of("relu", [](double x) { return x > 0 ? x : 0; });
    else if (type == "Sigmoid")
        made = nam_function::of("sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); });
    else if (type == "SiLU")
        made = nam_function::of("silu", [](double x) { return x / (1 + std::exp(-x)); });
    else if (type == "Hardswish")
        made = nam_function::of("Hardswish", [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; });
    else if (type == "Softsign")
        made = nam_function::of("softsign", [](double x) { return x / (1 + std::abs(x)); });
    else if (type == "LeakyReLU")
        made = leaky(number("negative_slope", 0.01));
    else if (type == "LeakyHardtanh" || type == "LeakyHardTanh") {
        const double low = number("min_val", -1), high = number("max_val", 1),
                     below = number("min_slope", 0.01), above = number("max_slope", 0.01);
        made = nam_function::of("LeakyHardtanh", [=](double x) {
            return x < low ? (x - low) * below + low : x > high ? (x - high) * above + high : x;
        });
    } else if (type == "PReLU") {
        made = leaky(number("negative_slope", 0.01));
        const auto list = fields ? fields->take("negative_slopes") : std::nullopt;
        if (list && fields->take("negative_slope"))
            fields->wrong("negative_slopes", "one of negative_slope and negative_slopes", *list);
        else if (list) {
            list->for_each_element([&](json_value one) {
                const auto slope = number_of(one);
                if (!slope) fields->wrong("negative_slopes", "finite numbers", one);
                slopes.push_back(slope.value_or(0));
            });
            if (slopes.empty())
                fields->wrong("negative_slopes", "an array of numbers", *list);
            else if (std::all_of(slopes.begin(), slopes.end(), [&](double s) { return s == slopes[0]; }))
                made = leaky(slopes[0]), slopes.clear();
        }
    } else if (!type.empty() || !is_object)
        report.add(load_problem::shape, place,
                   "Tanh, Hardtanh, LeakyHardtanh, ReLU, LeakyReLU, PReLU, Sigmoid, SiLU, "
                   "Hardswish or Softsign",
                   '"' + type.substr(0, 60) + '"');
    if (fields) fields->finish();
    return made;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
