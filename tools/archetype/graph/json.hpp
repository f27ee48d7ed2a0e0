// SPDX-License-Identifier: BSL-1.0
/// @file json.hpp
/// JSON texts as trees of values, with what Python writes beyond JSON: NaN and Infinity.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace archetype::graph {

struct json;
using json_list = std::vector<json>;
struct json_member;
using json_object = std::vector<json_member>;

struct json {
    std::variant<std::monostate, bool, double, std::string, json_list, json_object> content;

    bool is_null() const { return std::holds_alternative<std::monostate>(content); }
    const bool* truth() const { return std::get_if<bool>(&content); }
    const double* number() const { return std::get_if<double>(&content); }
    const std::string* text() const { return std::get_if<std::string>(&content); }
    const json_list* list() const { return std::get_if<json_list>(&content); }
    const json_object* object() const { return std::get_if<json_object>(&content); }
    /// A number without a fraction within 53 bits.
    std::optional<std::int64_t> whole() const;
    /// A member of an object; null if there is none or this is no object.
    const json* find(std::string_view name) const;
    /// As it may stand in a message: at most some 60 characters.
    std::string summary() const;
};

struct json_member {
    std::string first;  ///< the key
    json second;
};

/// @throws file_error with the place in the text
json parse_json(std::string_view text, const std::string& place);

}  // namespace archetype::graph
