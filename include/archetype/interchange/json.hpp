// SPDX-License-Identifier: BSL-1.0
/// @file json.hpp
/// JSON documents as values, by RapidJSON's event parser: a fifth of the compile time of a library with values of its own.
#pragma once
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace archetype::detail {

/// A writer that refuses what is not UTF-8.
using json_writer = rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                                      rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>;

/// Text as a JSON string, or nothing if it is not UTF-8.
inline std::optional<std::string> try_json_text(std::string_view text) {
    rapidjson::StringBuffer buffer;
    json_writer writer(buffer);
    if (!writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()))) return std::nullopt;
    return std::string(buffer.GetString(), buffer.GetSize());
}
inline bool is_utf8(std::string_view text) { return try_json_text(text).has_value(); }

/// A value of a JSON document.
struct json_value {
    enum class kind { null, boolean, number, string, array, object };
    kind type = kind::null;
    std::string text{};                  ///< of a string; a number or boolean as it is written
    std::vector<json_value> elements{};  ///< of an array
    std::vector<std::pair<std::string, json_value>> members{};  ///< of an object, in the document's order

    std::string_view type_name() const {
        constexpr std::string_view names[] = {"null", "boolean", "number", "string", "array", "object"};
        return names[static_cast<std::size_t>(type)];
    }
    /// The member with this key, or null.
    const json_value* find(std::string_view key) const {
        for (const auto& [name, value] : members)
            if (name == key) return &value;
        return nullptr;
    }
    /// The elements of an array of unsigned integers, or nothing.
    std::optional<std::vector<std::size_t>> sizes() const {
        if (type != kind::array) return std::nullopt;
        std::vector<std::size_t> found;
        for (const json_value& element : elements) {
            if (element.type != kind::number) return std::nullopt;
            std::size_t size = 0;
            for (const char c : element.text) {
                const auto digit = static_cast<std::size_t>(c) - '0';
                if (c < '0' || c > '9' || size > (static_cast<std::size_t>(-1) - digit) / 10)
                    return std::nullopt;
                size = size * 10 + digit;
            }
            found.push_back(size);
        }
        return found;
    }
    /// What it holds, for messages: "[1,2.5,string]".
    std::string summary() const {
        if (type == kind::number) return text;
        if (type != kind::array) return std::string(type_name());
        std::string result = "[";
        for (const json_value& element : elements)
            result += (result.size() == 1 ? "" : ",") + element.summary();
        return result + "]";
    }
};

/// Reads one document.
class json_reader {
    using kind = json_value::kind;

public:
    explicit json_reader(std::string_view text) : text_(text) {}

    /// The document, or nothing if the text is not exactly one JSON value in UTF-8 (RFC 8259), is nested more than 64
    /// deep or has an object with a key twice: `duplicate()` is then that key, in quotes.
    std::optional<json_value> document() {
        if (text_.find('\0') != text_.npos) return std::nullopt;  // the parser would take it for the end
        rapidjson::MemoryStream stream(text_.data(), text_.size());
        rapidjson::Reader reader;
        constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                                   rapidjson::kParseNumbersAsStringsFlag;
        if (reader.Parse<flags>(stream, *this).IsError()) return std::nullopt;
        return std::move(root_);
    }
    const std::string& duplicate() const { return duplicate_; }

    // The parser's events.
    bool Null() { return add({}); }
    bool Bool(bool value) { return add({kind::boolean, value ? "true" : "false"}); }
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }
    bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
        return add({kind::number, std::string(text, length)});
    }
    bool String(const char* text, rapidjson::SizeType length, bool) {
        // The parser lets a lone second half of a surrogate pair pass.
        return is_utf8({text, length}) && add({kind::string, std::string(text, length)});
    }
    bool StartObject() { return open({kind::object}); }
    bool StartArray() { return open({kind::array}); }
    bool Key(const char* text, rapidjson::SizeType length, bool) {
        std::string key(text, length);
        if (!is_utf8(key)) return false;
        if (!keys_.back().insert(key).second) {
            duplicate_ = '"' + key + '"';
            return false;
        }
        open_.back()->members.emplace_back(std::move(key), json_value{});
        return true;
    }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }

private:
    bool add(json_value value) {
        place() = std::move(value);
        return true;
    }
    bool open(json_value value) {
        if (open_.size() == 64) return false;
        json_value& to = place();
        to = std::move(value);
        open_.push_back(&to);
        keys_.emplace_back();
        return true;
    }
    bool close() {
        open_.pop_back();
        keys_.pop_back();
        return true;
    }
    // Where the next value goes. What is open stays where it is: nothing is added beside it until it is closed.
    json_value& place() {
        if (open_.empty()) return root_;
        if (open_.back()->type == kind::object) return open_.back()->members.back().second;
        return open_.back()->elements.emplace_back();
    }

    std::string_view text_;
    json_value root_{};
    std::vector<json_value*> open_{};
    std::vector<std::set<std::string>> keys_{};  // of the objects that are open
    std::string duplicate_{};
};

/// Text that is UTF-8 as a JSON string.
inline std::string json_text(std::string_view text) { return *try_json_text(text); }
/// "[1,2]".
inline std::string json_text(std::span<const std::size_t> sizes) {
    std::string result = "[";
    for (const std::size_t size : sizes) result += (result.size() == 1 ? "" : ",") + std::to_string(size);
    return result + "]";
}

}  // namespace archetype::detail
