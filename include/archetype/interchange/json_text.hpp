// SPDX-License-Identifier: BSL-1.0
/// @file json_text.hpp
/// The little JSON (RFC 8259) that headers of tensors are made of, without a library: including a general one costs every
/// program that trains more compile time than its network does.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace archetype::detail {

/// The length of the UTF-8 sequence that begins at `at` (Unicode 15, table 3-7), or 0 if none does.
inline std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
    };
    const auto between = [&](std::size_t i, unsigned low, unsigned high) {
        return low <= byte(i) && byte(i) <= high;
    };
    const unsigned first = byte(0);
    if (at < text.size() && first < 0x80) return 1;
    if (between(0, 0xC2, 0xDF)) return between(1, 0x80, 0xBF) ? 2 : 0;
    if (between(0, 0xE0, 0xEF))
        return between(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF) && between(2, 0x80, 0xBF)
                   ? 3
                   : 0;
    if (between(0, 0xF0, 0xF4))
        return between(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF) &&
                       between(2, 0x80, 0xBF) && between(3, 0x80, 0xBF)
                   ? 4
                   : 0;
    return 0;
}
inline bool is_utf8(std::string_view text) {
    for (std::size_t i = 0, length; i < text.size(); i += length)
        if ((length = utf8_length(text, i)) == 0) return false;
    return true;
}

/// `text`, which must be UTF-8, as a JSON string.
inline std::string json_text(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        const char* const named = "\"\"\\\\\bb\ff\nn\rr\tt";
        std::size_t pair = 0;
        while (pair < 14 && named[pair] != c) pair += 2;
        if (pair < 14) {
            result += '\\';
            result += named[pair + 1];
        } else if (static_cast<unsigned char>(c) < 0x20) {
            result += "\\u00";
            for (const int digit : {c >> 4, c & 15}) result += "0123456789abcdef"[digit];
        } else {
            result += c;
        }
    }
    return result + '"';
}

/// Sizes as a JSON array.
inline std::string json_text(std::span<const std::size_t> sizes) {
    std::string result = "[";
    for (const std::size_t size : sizes) result += (result.size() == 1 ? "" : ",") + std::to_string(size);
    return result + "]";
}

/// A value of a parsed document.
struct json_value {
    enum class kind { null, boolean, number, string, array, object };
    kind type = kind::null;
    std::string text;                                           ///< of a string
    std::string_view source;                                    ///< as it stands in the document
    std::vector<json_value> elements;                           ///< of an array
    std::vector<std::pair<std::string, json_value>> members{};  ///< of an object, in the document's order

    std::string_view type_name() const {
        constexpr std::string_view names[] = {"null", "boolean", "number", "string", "array", "object"};
        return names[static_cast<std::size_t>(type)];
    }
    const json_value* find(std::string_view key) const {
        for (const auto& [name, value] : members)
            if (name == key) return &value;
        return nullptr;
    }
    /// The unsigned integers of an array, or nothing.
    std::optional<std::vector<std::size_t>> sizes() const {
        if (type != kind::array) return std::nullopt;
        std::vector<std::size_t> found;
        for (const json_value& element : elements) {
            if (element.type != kind::number) return std::nullopt;
            std::size_t size = 0;
            for (const char c : element.source) {
                const auto digit = static_cast<std::size_t>(c) - '0';
                if (c < '0' || c > '9' || size > (static_cast<std::size_t>(-1) - digit) / 10)
                    return std::nullopt;
                size = size * 10 + digit;
            }
            found.push_back(size);
        }
        return found;
    }
};

/// Reads one document.
class json_reader {
public:
    explicit json_reader(std::string_view text) : text_(text) {}

    /// The value of the document, or nothing if it is not valid JSON in UTF-8, is nested more than 64 deep, or has a key twice
    /// in an object.
    std::optional<json_value> document() {
        json_value read;
        if (!value(read, 0)) return std::nullopt;
        skip_space();
        if (at_ != text_.size()) return std::nullopt;
        return read;
    }
    /// The key that was there twice, in quotes, or nothing.
    const std::string& duplicate() const { return duplicate_; }

private:
    using kind = json_value::kind;

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) { return at_ < text_.size() && text_[at_] == c ? (++at_, true) : false; }
    bool take(std::string_view word) {
        return text_.substr(at_, word.size()) == word ? (at_ += word.size(), true) : false;
    }
    void skip_space() {
        while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos)
            ++at_;
    }

    bool value(json_value& to, std::size_t depth) {
        skip_space();
        const std::size_t begin = at_;
        if (depth > 64 || !content(to, depth)) return false;
        to.source = text_.substr(begin, at_ - begin);
        return true;
    }
    bool content(json_value& to, std::size_t depth) {
        switch (peek()) {
            case '{':
                return to.type = kind::object, object(to, depth);
            case '[':
                return to.type = kind::array, array(to, depth);
            case '"':
                return to.type = kind::string, string(to.text);
            case 't':
                return to.type = kind::boolean, take("true");
            case 'f':
                return to.type = kind::boolean, take("false");
            case 'n':
                return to.type = kind::null, take("null");
            default:
                return to.type = kind::number, number();
        }
    }
    bool object(json_value& to, std::size_t depth) {
        take('{');
        skip_space();
        if (!take('}')) {
            do {
                std::string key;
                skip_space();
                if (!string(key)) return false;
                skip_space();
                if (!take(':')) return false;
                to.members.emplace_back(std::move(key), json_value{});
                if (!value(to.members.back().second, depth + 1)) return false;
                skip_space();
            } while (take(','));
            if (!take('}')) return false;
        }
        std::vector<std::string_view> keys;
        for (const auto& member : to.members) keys.push_back(member.first);
        std::sort(keys.begin(), keys.end());
        const auto twice = std::adjacent_find(keys.begin(), keys.end());
        if (twice == keys.end()) return true;
        duplicate_ = '"' + std::string(*twice) + '"';
        return false;
    }
    bool array(json_value& to, std::size_t depth) {
        take('[');
        skip_space();
        if (take(']')) return true;
        do {
            to.elements.emplace_back();
            if (!value(to.elements.back(), depth + 1)) return false;
            skip_space();
        } while (take(','));
        return take(']');
    }
    bool digits() {
        const std::size_t begin = at_;
        while (peek() >= '0' && peek() <= '9') ++at_;
        return at_ != begin;
    }
    bool number() {
        take('-');
        if (!take('0') && !digits()) return false;
        if (take('.') && !digits()) return false;
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            return digits();
        }
        return true;
    }
    bool string(std::string& to) {
        if (!take('"')) return false;
        while (!take('"')) {
            if (take('\\')) {
                if (!escape(to)) return false;
                continue;
            }
            const std::size_t length = utf8_length(text_, at_);
            if (length == 0 || static_cast<unsigned char>(peek()) < 0x20) return false;
            to += text_.substr(at_, length);
            at_ += length;
        }
        return true;
    }
    bool escape(std::string& to) {
        const std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
        if (at_ == text_.size()) return false;
        const char name = text_[at_++];
        if (const std::size_t place = names.find(name); place != names.npos) {
            to += meant[place];
            return true;
        }
        std::uint32_t code = 0, low = 0;
        if (name != 'u' || !hexadecimal(code) || (0xDC00 <= code && code < 0xE000)) return false;
        if (0xD800 <= code && code < 0xDC00) {
            if (!take("\\u") || !hexadecimal(low) || low < 0xDC00 || low >= 0xE000) return false;
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        const auto tail = [&](unsigned shift) { to += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
        if (code < 0x80) {
            to += static_cast<char>(code);
        } else if (code < 0x800) {
            to += static_cast<char>(0xC0 | code >> 6);
            tail(0);
        } else if (code < 0x10000) {
            to += static_cast<char>(0xE0 | code >> 12);
            tail(6), tail(0);
        } else {
            to += static_cast<char>(0xF0 | code >> 18);
            tail(12), tail(6), tail(0);
        }
        return true;
    }
    bool hexadecimal(std::uint32_t& to) {
        for (int i = 0; i < 4; ++i, ++at_) {
            const char c = peek();
            const int digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
            if (digit < 0) return false;
            to = to * 16 + static_cast<std::uint32_t>(digit);
        }
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string duplicate_;
};

}  // namespace archetype::detail
