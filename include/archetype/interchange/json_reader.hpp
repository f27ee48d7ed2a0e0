// SPDX-License-Identifier: BSL-1.0
/// @file json_reader.hpp
/// Whether a text is a JSON document, and if not, where and why.
#pragma once
#include <archetype/data/file_bytes.hpp>
#include <archetype/interchange/json.hpp>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Reads one document; the text must outlive it.
class json_reader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, json_reader> {
public:
    /// Arrays and objects within each other, at most.
    static constexpr std::size_t most_levels = 64;

    explicit json_reader(std::string_view text) : text_(text), stream_(text) {}

    /// The document, or nothing if the text is not exactly one JSON value in UTF-8 (RFC 8259), is nested more than
    /// `most_levels` deep or has an object with a key twice: `problem()` says which, `duplicate()` is that key in quotes.
    std::optional<json_value> document() {
        // The parser would take a zero for the end.
        if (const std::size_t zero = text_.find('\0'); zero != text_.npos) return fail(zero, "a zero byte");
        if (text_.size() > 0xffff'ffff) return fail(0, "4 GiB of text or more");
        // In place and by recursion the parser needs no memory; its depth is limited below.
        rapidjson::Reader reader;
        if (reader.Parse<json_flags>(stream_, *this).IsError()) {
            const std::size_t offset = reader.GetErrorOffset();
            if (levels_ > most_levels)
                return fail(offset, "values nested more than " + std::to_string(most_levels) + " deep");
            if (stream_.has_surrogate()) return fail(offset, "half of a surrogate pair");
            if (std::string number = no_number(offset); !number.empty())
                return fail(offset, number + ", a number that JSON does not have");
            return fail(offset, rapidjson::GetParseError_En(reader.GetParseErrorCode()));
        }
        if (const char* const key = repeated_key()) {
            duplicate_ = '"' + json_value({key, end()}).text() + '"';
            return fail(static_cast<std::size_t>(key - text_.data()), "the key " + duplicate_ + " twice");
        }
        json_cursor root{begin(), end()};
        root.space();
        return json_value(root);
    }
    const std::string& duplicate() const { return duplicate_; }
    /// "line 3, column 5: Missing a comma or ']' after an array element."
    const std::string& problem() const { return problem_; }

    /// Lines and columns (bytes) count from 1.
    static std::string place(std::string_view text, std::size_t offset) {
        const std::string_view before = text.substr(0, offset);
        const auto line = 1 + std::count(before.begin(), before.end(), '\n');
        const std::size_t column = offset - (before.rfind('\n') + 1) + 1;
        return "line " + std::to_string(line) + ", column " + std::to_string(column);
    }

    // The parser's events.
    bool StartObject() { return ++levels_ <= most_levels; }
    bool StartArray() { return ++levels_ <= most_levels; }
    bool EndObject(rapidjson::SizeType) { return levels_-- != 0; }
    bool EndArray(rapidjson::SizeType) { return levels_-- != 0; }
    bool Key(const char*, rapidjson::SizeType, bool) { return !stream_.has_surrogate(); }
    bool String(const char*, rapidjson::SizeType, bool) { return !stream_.has_surrogate(); }

private:
    const char* begin() const { return text_.data(); }
    const char* end() const { return begin() + text_.size(); }
    std::nullopt_t fail(std::size_t offset, std::string_view reason) {
        problem_ = place(text_, offset) + ": " + std::string(reason);
        return std::nullopt;
    }

    /// What Python writes for numbers that JSON lacks, or nothing.
    std::string no_number(std::size_t offset) const {
        const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
        std::size_t first = offset, last = offset;
        while (first > 0 && (is_letter(text_[first - 1]) || text_[first - 1] == '-')) --first;
        while (last < text_.size() && is_letter(text_[last])) ++last;
        const std::string_view word = text_.substr(first, last - first);
        for (const std::string_view known :
             {"NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "Inf", "-Inf"})
            if (word == known) return std::string(word);
        return {};
    }

    /// A key that its object has twice, at its second place, or null.
    const char* repeated_key() const {
        const auto quoted = [&](std::uint32_t key) { return json_value({text_.data() + key, end()}).raw(); };
        const auto compare = [&](std::uint32_t a, std::uint32_t b) {
            const std::string_view x = quoted(a), y = quoted(b);
            if (x.find('\\') == x.npos && y.find('\\') == y.npos) {
                const auto inner = [](std::string_view s) { return s.substr(1, s.size() - 2); };
                return inner(x).compare(inner(y));
            }
            return json_decoded(x).compare(json_decoded(y));
        };
        std::vector<std::uint32_t> keys;      // of the objects that are open
        std::vector<std::size_t> first_keys;  // of each of what is open
        for (json_cursor at{begin(), end()}; at.at != at.end;) {
            if (*at.at == '"') {
                const char* const key = at.at;
                at.string();
                at.space();
                if (at.at != at.end && *at.at == ':')
                    keys.push_back(static_cast<std::uint32_t>(key - text_.data()));
                continue;
            }
            if (*at.at == '{' || *at.at == '[') first_keys.push_back(keys.size());
            if (*at.at == '}' || *at.at == ']') {
                const auto first = keys.begin() + static_cast<std::ptrdiff_t>(first_keys.back());
                std::sort(first, keys.end(), [&](std::uint32_t a, std::uint32_t b) {
                    const int order = compare(a, b);
                    return order != 0 ? order < 0 : a < b;
                });
                const auto same = std::adjacent_find(
                    first, keys.end(), [&](std::uint32_t a, std::uint32_t b) { return compare(a, b) == 0; });
                if (same != keys.end()) return text_.data() + same[1];
                keys.erase(first, keys.end());
                first_keys.pop_back();
            }
            ++at.at;
        }
        return nullptr;
    }

    std::string_view text_;
    json_stream stream_;
    std::size_t levels_ = 0;
    std::string duplicate_{}, problem_{};
};

/// A JSON file with its bytes. Its values are views of them.
class json_document : public json_value {
public:
    json_document(std::string path, std::vector<std::byte> bytes, json_value root)
        : json_value(root), path_(std::move(path)), bytes_(std::move(bytes)) {}
    json_document(json_document&&) = default;  // the bytes stay where they are
    json_document& operator=(json_document&&) = default;

    const std::string& path() const { return path_; }
    /// Where a value is, or a place within one.
    std::string place(const char* at) const {
        const auto* const text = reinterpret_cast<const char*>(bytes_.data());
        return json_reader::place({text, bytes_.size()}, static_cast<std::size_t>(at - text));
    }
    std::string place(const json_value& value) const { return place(value.cursor().at); }

private:
    std::string path_;
    std::vector<std::byte> bytes_;
};

/// Bytes as a JSON document, or why they are none.
inline file_result<json_document> try_parse_json(std::vector<std::byte> bytes, const std::string& path) {
    json_reader reader({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const auto root = reader.document();
    if (!root) return file_failure{path, "a JSON document", reader.problem()};
    return json_document(path, std::move(bytes), *root);
}
/// A JSON file, or why it is none.
inline file_result<json_document> try_read_json(const std::filesystem::path& path) {
    auto bytes = try_read_file(path);
    if (!bytes) return bytes.failure();
    return try_parse_json(*std::move(bytes), path.string());
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
