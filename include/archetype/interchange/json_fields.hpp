// SPDX-License-Identifier: BSL-1.0
/// @file json_fields.hpp
/// The keys of a JSON object, each to be asked for: what a reader does not know may change the result.
#pragma once
#include <archetype/interchange/json.hpp>

#include <initializer_list>
#include <span>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

class json_fields {
public:
    explicit json_fields(const json_value& object) {
        std::size_t count = 0;
        object.for_each_member([&](std::string_view, json_value) { ++count; });
        fields_.reserve(count);
        object.for_each_member([&](std::string_view quoted, json_value value) {
            fields_.push_back({quoted, value, false});
        });
    }

    /// The value of a key, which counts as read; nothing for none and for null.
    std::optional<json_value> take(std::string_view key) {
        for (field& one : fields_)
            if (json_value::same_key(one.quoted, key)) {
                one.is_read = true;
                if (one.value.type() == json_value::kind::null) return std::nullopt;
                return one.value;
            }
        return std::nullopt;
    }
    /// Keys that cannot change what is computed.
    void skip(std::span<const std::string_view> keys) {
        for (const std::string_view key : keys) (void)take(key);
    }
    void skip(std::initializer_list<std::string_view> keys) {
        skip(std::span<const std::string_view>(keys.begin(), keys.size()));
    }
    /// Calls `report` with key and value of what nobody asked for.
    template <class Report>
    void for_each_unread(Report report) const {
        for (const field& one : fields_)
            if (!one.is_read) report(json_decoded(one.quoted), one.value);
    }

private:
    struct field {
        std::string_view quoted;
        json_value value;
        bool is_read;
    };
    std::vector<field> fields_{};
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
