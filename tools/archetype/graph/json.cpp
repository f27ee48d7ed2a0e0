// SPDX-License-Identifier: BSL-1.0
#include "json.hpp"

#include <archetype/data/file_error.hpp>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cmath>
#include <cstdio>

namespace archetype::graph {

namespace {

constexpr std::size_t deepest = 200;
constexpr std::size_t most_values = 20000000;

/// Builds the tree from the parser's events.
class builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, builder> {
public:
    explicit builder(json& root) { open_.push_back(&root); }

    bool Null() { return take(std::monostate{}); }
    bool Bool(bool given) { return take(given); }
    bool Int(int given) { return take(static_cast<double>(given)); }
    bool Uint(unsigned given) { return take(static_cast<double>(given)); }
    bool Int64(std::int64_t given) { return take(static_cast<double>(given)); }
    bool Uint64(std::uint64_t given) { return take(static_cast<double>(given)); }
    bool Double(double given) { return take(given); }
    bool String(const char* given, rapidjson::SizeType size, bool) { return take(std::string(given, size)); }
    bool StartObject() { return open(json_object{}); }
    bool StartArray() { return open(json_list{}); }
    bool Key(const char* given, rapidjson::SizeType size, bool) {
        auto& members = std::get<json_object>(open_.back()->content);
        std::string name(given, size);
        if (members.size() < 64)  // longer ones are tables, which are looked at in order
            for (const auto& one : members)
                if (one.first == name) return fail("one member of each name", "another \"" + name + "\"");
        members.push_back({std::move(name), json{}});
        return true;
    }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }

    std::string expected, found;

private:
    bool fail(std::string wanted, std::string seen) {
        expected = std::move(wanted);
        found = std::move(seen);
        return false;
    }
    /// Where the next value goes.
    json* next() {
        if (open_.size() == 1) return open_.back();
        json* const around = open_.back();
        if (auto* list = std::get_if<json_list>(&around->content)) return &list->emplace_back();
        return &std::get<json_object>(around->content).back().second;
    }
    template <class Content>
    bool take(Content content) {
        if (++count_ > most_values) return fail("at most " + std::to_string(most_values) + " values", "more");
        next()->content = std::move(content);
        return true;
    }
    template <class Content>
    bool open(Content content) {
        if (open_.size() > deepest)
            return fail("at most " + std::to_string(deepest) + " brackets within each other", "more");
        json* const here = next();
        here->content = std::move(content);
        open_.push_back(here);
        return ++count_ <= most_values;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    std::vector<json*> open_;
    std::size_t count_ = 0;
};

}  // namespace

std::optional<std::int64_t> json::whole() const {
    const double* given = number();
    if (given == nullptr || std::abs(*given) > 9007199254740992.0 || *given != std::trunc(*given))
        return std::nullopt;
    return static_cast<std::int64_t>(*given);
}

const json* json::find(std::string_view name) const {
    const json_object* members = object();
    if (members == nullptr) return nullptr;
    for (const auto& [key, value] : *members)
        if (key == name) return &value;
    return nullptr;
}

std::string json::summary() const {
    if (is_null()) return "null";
    if (const bool* given = truth()) return *given ? "true" : "false";
    if (const double* given = number()) {
        char text[32];
        std::snprintf(text, sizeof text, "%.9g", *given);
        return text;
    }
    if (const std::string* given = text())
        return "\"" + given->substr(0, 50) + (given->size() > 50 ? "..." : "") + "\"";
    if (const json_object* members = object()) {
        for (const auto& [key, value] : *members)
            if (key == "class_name") return "an object of class " + value.summary();
        return "an object";
    }
    std::string made;
    for (const json& one : *list()) {
        if (made.size() > 50) return "[" + made + ", ...]";
        made += (made.empty() ? "" : ", ") + one.summary();
    }
    return "[" + made + "]";
}

json parse_json(std::string_view text, const std::string& place) {
    json made;
    builder to(made);
    rapidjson::Reader reader;
    rapidjson::MemoryStream stream(text.data() == nullptr ? "" : text.data(), text.size());
    constexpr unsigned flags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNanAndInfFlag |
                               rapidjson::kParseFullPrecisionFlag;
    const rapidjson::ParseResult result = reader.Parse<flags>(stream, to);
    if (result.IsError()) {
        const std::string at = " at byte " + std::to_string(result.Offset());
        if (!to.expected.empty()) throw file_error({place, to.expected, to.found + at});
        throw file_error({place, "JSON", std::string(rapidjson::GetParseError_En(result.Code())) + at});
    }
    return made;
}

}  // namespace archetype::graph
