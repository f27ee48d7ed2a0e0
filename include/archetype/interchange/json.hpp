// SPDX-License-Identifier: BSL-1.0
/// @file json.hpp
/// JSON documents as views of their text: it is checked once by RapidJSON's event parser, and read where it lies. A document
/// takes no memory but its text.
#pragma once
#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>
#include <rapidjson/writer.h>
#include <algorithm>
#include <archetype/instruction_set.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A text as a stream of RapidJSON: where it parses in place. What it decodes goes to `decoded` instead, if there is one.
/// (Its own streams keep a stack that begins with arithmetic on a null pointer.)
class json_stream {
public:
    using Ch = char;
    explicit json_stream(std::string_view text, std::string* decoded = nullptr)
        : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), decoded_(decoded) {}

    Ch Peek() const { return at_ == end_ ? '\0' : *at_; }
    Ch Take() { return at_ == end_ ? '\0' : *at_++; }
    std::size_t Tell() const { return static_cast<std::size_t>(at_ - begin_); }
    Ch* PutBegin() {
        before_ = '\0';
        return nullptr;
    }
    void Put(Ch c) {
        // The parser lets a lone second half of a surrogate pair pass.
        has_surrogate_ |= before_ == '\xed' && static_cast<unsigned char>(c) >= 0xa0;
        before_ = c;
        if (decoded_ != nullptr) decoded_->push_back(c);
    }
    std::size_t PutEnd(Ch*) { return 1; }
    void Flush() {}
    bool has_surrogate() const { return has_surrogate_; }

private:
    const char *begin_, *at_, *end_;
    std::string* decoded_;
    char before_ = '\0';
    bool has_surrogate_ = false;
};

inline constexpr unsigned json_flags = rapidjson::kParseInsituFlag | rapidjson::kParseValidateEncodingFlag |
                                       rapidjson::kParseNumbersAsStringsFlag;

/// What a writer of RapidJSON writes to.
struct json_output {
    using Ch = char;
    std::string text{};
    void Put(Ch c) { text.push_back(c); }
    void Flush() {}
};
/// A writer that refuses what is not UTF-8.
using json_writer = rapidjson::Writer<json_output, rapidjson::UTF8<>, rapidjson::UTF8<>,
                                      rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>;

/// Text as a JSON string, or nothing if it is not UTF-8.
inline std::optional<std::string> try_json_text(std::string_view text) {
    json_output output;
    json_writer writer(output);
    const char* const data = text.data() == nullptr ? "" : text.data();
    if (!writer.String(data, static_cast<rapidjson::SizeType>(text.size()))) return std::nullopt;
    return std::move(output.text);
}
inline bool is_utf8(std::string_view text) { return try_json_text(text).has_value(); }

/// A place in a text that is known to be JSON.
struct json_cursor {
    const char *at = nullptr, *end = nullptr;

    void space() {
        while (at != end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) ++at;
    }
    /// From an opening quote to behind the closing one.
    void string() {
        for (++at; *at != '"'; ++at)
            if (*at == '\\') ++at;
        ++at;
    }
    /// Behind the value that begins here.
    void value() {
        std::size_t depth = 0;
        do {
            if (*at == '"') {
                string();
                continue;
            }
            const bool opens = *at == '[' || *at == '{', closes = *at == ']' || *at == '}';
            depth += opens ? 1 : 0;
            depth -= closes ? 1 : 0;
            if (opens || closes || depth != 0)
                ++at;
            else
                while (at != end && *at > ' ' && *at != ',' && *at != ']' && *at != '}') ++at;
        } while (depth != 0);
    }
    /// Behind the colon or comma that follows, at the next value; false at a closing bracket.
    bool next() {
        space();
        const bool more = *at == ',' || *at == ':';
        ++at;
        if (more) space();
        return more;
    }
};

/// A JSON string with its quotes, decoded.
inline std::string json_decoded(std::string_view quoted) {
    std::string text;
    if (quoted.find('\\') == quoted.npos) return text.assign(quoted.substr(1, quoted.size() - 2));
    json_stream stream(quoted, &text);
    rapidjson::BaseReaderHandler<> ignored;
    rapidjson::Reader().Parse<json_flags>(stream, ignored);
    text.pop_back();  // the parser ends it with a zero
    return text;
}

struct json_member;

/// A value of a JSON document: a view of its text.
class json_value {
public:
    enum class kind { null, boolean, number, string, array, object };
    explicit json_value(json_cursor at) : at_(at) {}

    kind type() const {
        switch (*at_.at) {
            case 'n':
                return kind::null;
            case 't':
            case 'f':
                return kind::boolean;
            case '"':
                return kind::string;
            case '[':
                return kind::array;
            case '{':
                return kind::object;
            default:
                return kind::number;
        }
    }
    std::string_view type_name() const {
        constexpr std::string_view names[] = {"null", "boolean", "number", "string", "array", "object"};
        return names[static_cast<std::size_t>(type())];
    }
    /// As it is written.
    std::string_view raw() const {
        json_cursor after = at_;
        after.value();
        return {at_.at, static_cast<std::size_t>(after.at - at_.at)};
    }
    /// A string without its quotes; a number or boolean as it is written; nothing of others.
    std::string text() const {
        const kind of = type();
        if (of == kind::string) return json_decoded(raw());
        return of == kind::number || of == kind::boolean ? std::string(raw()) : std::string();
    }
    json_cursor cursor() const { return at_; }
    bool operator==(std::string_view string) const { return type() == kind::string && text() == string; }

    /// Calls `take` with each element of an array.
    template <class Take>
    void for_each_element(Take take) const {
        json_cursor at = at_;
        if (type() != kind::array || !enter(at)) return;
        do {
            take(json_value(at));
            at.value();
        } while (at.next());
    }
    std::size_t element_count() const {
        std::size_t count = 0;
        for_each_element([&](json_value) { ++count; });
        return count;
    }
    std::vector<json_value> elements() const {
        std::vector<json_value> made;
        made.reserve(element_count());
        for_each_element([&](json_value one) { made.push_back(one); });
        return made;
    }
    /// Calls `take` with the key of each member of an object, in quotes as it is written, and its value.
    template <class Take>
    void for_each_member(Take take) const {
        json_cursor at = at_;
        if (type() != kind::object || !enter(at)) return;
        do {
            const char* const key = at.at;
            at.string();
            const std::string_view quoted(key, static_cast<std::size_t>(at.at - key));
            at.next();
            take(quoted, json_value(at));
            at.value();
        } while (at.next());
    }
    /// The members of an object, in the document's order.
    std::vector<json_member> members() const;
    /// The member with this key, or nothing.
    std::optional<json_value> find(std::string_view key) const {
        std::optional<json_value> found;
        for_each_member([&](std::string_view quoted, json_value value) {
            if (!found && same_key(quoted, key)) found = value;
        });
        return found;
    }
    /// The elements of an array of unsigned integers, or nothing.
    std::optional<std::vector<std::size_t>> sizes() const {
        if (type() != kind::array) return std::nullopt;
        std::vector<std::size_t> found;
        found.reserve(element_count());
        bool good = true;
        for_each_element([&](json_value element) {
            const auto size = element.size();
            good = good && size;
            if (good) found.push_back(*size);
        });
        if (!good) return std::nullopt;
        return found;
    }
    /// An unsigned integer, or nothing.
    std::optional<std::size_t> size() const {
        if (type() != kind::number) return std::nullopt;
        std::size_t size = 0;
        for (const char c : raw()) {
            const auto digit = static_cast<std::size_t>(c) - '0';
            if (c < '0' || c > '9' || size > (static_cast<std::size_t>(-1) - digit) / 10) return std::nullopt;
            size = size * 10 + digit;
        }
        return size;
    }
    /// What it holds, for messages: as it is written if that is short, "object" for objects.
    std::string summary() const {
        if (type() == kind::object) return "object";
        std::string result(raw().substr(0, 1000));
        if (type() == kind::array)  // without space, as "[1,2.5]"
            result.erase(
                std::remove_if(result.begin(), result.end(), [](char c) { return c > 0 && c <= ' '; }),
                result.end());
        return result.size() <= 60 ? result : result.substr(0, 57) + "...";
    }
    static bool same_key(std::string_view quoted, std::string_view key) {
        if (quoted.find('\\') != quoted.npos) return json_decoded(quoted) == key;
        return quoted.substr(1, quoted.size() - 2) == key;
    }

private:
    /// At the first of what an array or object holds; false if it is empty.
    static bool enter(json_cursor& at) {
        ++at.at;
        at.space();
        return *at.at != ']' && *at.at != '}';
    }
    json_cursor at_;
};

struct json_member {
    std::string name;
    json_value value;
};
inline std::vector<json_member> json_value::members() const {
    std::vector<json_member> made;
    for_each_member([&](std::string_view quoted, json_value value) {
        made.push_back({json_decoded(quoted), value});
    });
    return made;
}

/// Text that is UTF-8 as a JSON string.
inline std::string json_text(std::string_view text) { return *try_json_text(text); }
/// "[1,2]".
inline std::string json_text(std::span<const std::size_t> sizes) {
    std::string result = "[";
    for (const std::size_t size : sizes) result += (result.size() == 1 ? "" : ",") + std::to_string(size);
    return result + "]";
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
