// SPDX-License-Identifier: BSL-1.0
/// @file json_tensor.hpp
/// Tensors in JSON: nested arrays of numbers. Their shape is known before anything is allocated for them.
#pragma once
#include <archetype/data/number_text.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/interchange/json_reader.hpp>
#include <archetype/interchange/tensor_entry.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Numbers of a file with their shape, row-major.
template <class T>
struct basic_imported_tensor {
    std::vector<std::size_t> shape;
    std::vector<T> values;
};
using imported_tensor = basic_imported_tensor<float>;

/// What is wrong inside a tensor.
struct tensor_problem {
    const char* at = nullptr;  ///< where, in a text
    std::string expected{}, found{};
    /// "null at line 3, column 5".
    std::string found_in(const json_document& document) const { return found + " at " + document.place(at); }
};

/// A number as it is written in JSON, or nothing if it is beyond the type. What is too small for it becomes 0.
template <class T>
std::optional<T> parse_number(std::string_view text) {
    T number = 0;
    const char *const begin = text.data(), *const end = begin + text.size();
    const auto [at, error] = std::from_chars(begin, end, number);
    if (error == std::errc::result_out_of_range) {
        const double rounded = std::strtod(std::string(text).c_str(), nullptr);
        if (std::abs(rounded) < 1) return static_cast<T>(rounded);
    }
    if (error != std::errc{} || at != end || !expression::is_finite(number)) return std::nullopt;
    return number;
}
/// A number of JSON.
inline std::optional<double> number_of(const json_value& value) {
    if (value.type() != json_value::kind::number) return std::nullopt;
    return parse_number<double>(value.raw());
}
inline std::optional<double> number_of(const std::optional<json_value>& value) {
    return value ? number_of(*value) : std::nullopt;
}
/// Goes through the nested arrays of a value once and gives each number to `take`, which may refuse it.
template <class Take>
class nested_numbers {
public:
    nested_numbers(json_value value, Take take) : at_(value.cursor()), take_(take) {}

    /// False if it is no tensor; then `problem` says why.
    bool read(std::vector<std::size_t>& shape, tensor_problem& problem) {
        shape.clear();
        return level(0, shape, problem);
    }

private:
    static constexpr std::size_t unknown = static_cast<std::size_t>(-1);

    bool fail(tensor_problem& problem, const char* at, std::string expected, std::string found) {
        problem = {at, std::move(expected), std::move(found)};
        return false;
    }
    bool level(std::size_t depth, std::vector<std::size_t>& shape, tensor_problem& problem) {
        const char* const begin = at_.at;
        const json_value here(at_);
        if (here.type() == json_value::kind::number) {
            if (rank_ == unknown) rank_ = depth;
            if (depth != rank_)
                return fail(problem, begin, std::to_string(rank_) + " nested arrays everywhere",
                            "a number in " + std::to_string(depth));
            at_.value();
            return take_(std::string_view(begin, static_cast<std::size_t>(at_.at - begin)), begin, problem);
        }
        if (here.type() != json_value::kind::array)
            return fail(problem, begin, "nested arrays of numbers", std::string(here.type_name()));
        if (depth >= rank_) return fail(problem, begin, "a number", "an array");
        if (shape.size() <= depth) shape.resize(depth + 1, unknown);
        std::size_t count = 0;
        ++at_.at;
        at_.space();
        if (*at_.at == ']') {
            ++at_.at;
            if (rank_ == unknown) rank_ = depth + 1;
            if (rank_ != depth + 1) return fail(problem, begin, "arrays of the same depth", "an empty one");
        } else {
            do {
                if (!level(depth + 1, shape, problem)) return false;
                ++count;
            } while (at_.next());
        }
        if (shape[depth] == unknown) shape[depth] = count;
        if (shape[depth] != count)
            return fail(problem, begin, "arrays of the same length, " + std::to_string(shape[depth]),
                        "one of " + std::to_string(count));
        return true;
    }

    json_cursor at_;
    Take take_;
    std::size_t rank_ = unknown;
};

/// The shape of a tensor, or what is wrong with it.
inline std::optional<std::vector<std::size_t>> shape_of_tensor(const json_value& value,
                                                               tensor_problem& problem) {
    std::vector<std::size_t> shape;
    const auto accept = [](std::string_view, const char*, tensor_problem&) { return true; };
    if (!nested_numbers(value, accept).read(shape, problem)) return std::nullopt;
    return shape;
}
/// The numbers of a tensor to memory that has room for them; false if one is beyond the type.
template <class T>
bool read_tensor(const json_value& value, T* to, tensor_problem& problem) {
    const auto store = [&](std::string_view text, const char* at, tensor_problem& wrong) {
        const auto number = parse_number<T>(text);
        if (number)
            *to++ = *number;
        else
            wrong = {at, sizeof(T) == 4 ? "numbers of single precision" : "numbers of double precision",
                     std::string(text.substr(0, 40))};
        return number.has_value();
    };
    std::vector<std::size_t> shape;
    return nested_numbers(value, store).read(shape, problem);
}

/// Both at once: nothing if the value is no tensor.
template <class T = float>
std::optional<basic_imported_tensor<T>> tensor_of(const json_value& value, tensor_problem& problem) {
    const auto shape = shape_of_tensor(value, problem);
    if (!shape) return std::nullopt;
    std::size_t count = 1;
    for (const std::size_t extent : *shape) count *= extent;
    basic_imported_tensor<T> made{*shape, std::vector<T>(count)};
    if (!read_tensor(value, made.values.data(), problem)) return std::nullopt;
    return made;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
