// SPDX-License-Identifier: BSL-1.0
/// @file byte_pair_tokenizer.hpp
/// Texts as the byte pairs of GPT-2 and back (Sennrich et al. 2015; Radford et al. 2019), by `encoder.json` and `vocab.bpe` (Hugging
/// Face: `vocab.json` and `merges.txt`).
#pragma once
#include <archetype/data/file_bytes.hpp>
#include <archetype/interchange/json_reader.hpp>
#include <archetype/text/special_tokens.hpp>
#include <archetype/text/unicode.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <queue>
#include <span>
#include <unordered_map>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The letter by which the files write a byte: itself where it can be seen, else one from U+0100 on.
inline constexpr std::array<std::int32_t, 256> letters_of_bytes = [] {
    std::array<std::int32_t, 256> made{};
    std::int32_t next = 256;
    for (std::int32_t byte = 0; byte < 256; ++byte) {
        const bool is_seen = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
        made[static_cast<std::size_t>(byte)] = is_seen ? byte : next++;
    }
    return made;
}();
/// The bytes that such letters stand for, or nothing.
inline std::optional<std::string> bytes_of_letters(std::string_view text) {
    std::string made;
    for (std::size_t at = 0; at < text.size();) {
        const text_letter letter = letter_at(text, at);
        at += letter.length;
        const auto found = std::find(letters_of_bytes.begin(), letters_of_bytes.end(), letter.code);
        if (found == letters_of_bytes.end()) return std::nullopt;
        made += static_cast<char>(static_cast<unsigned char>(found - letters_of_bytes.begin()));
    }
    return made;
}

/// Where the word of a text that begins at `at` ends, as GPT-2's pattern cuts it:
/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
inline std::size_t end_of_word(std::string_view text, std::size_t at) {
    for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
        if (text.substr(at).starts_with(ending)) return at + ending.size();
    const auto kind_at = [&](std::size_t i, text_letter& letter) {
        letter = letter_at(text, i);
        if (letter.code < 0) return letter_kind::other;
        if (is_white_space(letter.code)) return letter_kind::space;
        const letter_kind kind = kind_of(letter.code);
        return kind == letter_kind::letter || kind == letter_kind::number ? kind : letter_kind::other;
    };
    text_letter letter;
    std::size_t end = at + (text[at] == ' ' ? 1 : 0);
    const letter_kind first = end < text.size() ? kind_at(end, letter) : letter_kind::space;
    if (first != letter_kind::space) {
        do end += letter.length;
        while (end < text.size() && kind_at(end, letter) == first);
        return end;
    }
    std::size_t before = at;  // the last of several blanks belongs to the word behind them
    end = at;
    while (end < text.size() && kind_at(end, letter) == letter_kind::space) {
        before = end;
        end += letter.length;
    }
    return end == text.size() || before == at ? end : before;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// What `encoder.json` does not tell.
struct byte_pair_options {
    /// Tokens that `special_tokens::as_tokens` finds in texts; all of them must be there.
    std::vector<std::string> special{"<|endoftext|>"};
};

/// Byte pairs: a text is cut into words by GPT-2's pattern, and in the bytes of each, neighbours are joined in the order of the
/// merges. Every text has tokens, bytes that are no UTF-8 too, and `decode` gives the same bytes.
class byte_pair_tokenizer {
public:
    /// Reads the tokens and their merges. The numbers of the n tokens are 0 to n - 1, each byte is a token, and what a merge
    /// joins and makes are tokens. Needs utf8proc.
    static file_result<byte_pair_tokenizer> try_read(const std::filesystem::path& encoder,
                                                     const std::filesystem::path& merges,
                                                     const byte_pair_options& options = {}) {
        auto tokens = try_read_file(encoder);
        if (!tokens) return tokens.failure();
        const auto pairs = try_read_file(merges);
        if (!pairs) return pairs.failure();
        return try_parse(*std::move(tokens), encoder.string(), *pairs, merges.string(), options);
    }
    static file_result<byte_pair_tokenizer> try_parse(std::vector<std::byte> tokens,
                                                      const std::string& tokens_path,
                                                      std::span<const std::byte> merges,
                                                      const std::string& merges_path,
                                                      const byte_pair_options& options = {}) {
        using result = file_result<byte_pair_tokenizer>;
        if (!detail::has_unicode) return detail::without_unicode(tokens_path);
        return detail::without_throwing(tokens_path, [&]() -> result {
            byte_pair_tokenizer made;
            if (auto failure = made.read_tokens(std::move(tokens), tokens_path, options)) return *failure;
            if (auto failure = made.read_merges(merges, merges_path)) return *failure;
            return made;
        });
    }

    std::size_t size() const { return tokens_.size(); }
    /// The token of exactly these bytes, such as "<|endoftext|>".
    std::optional<std::uint32_t> find(std::string_view bytes) const {
        const auto found = numbers_.find(std::string(bytes));
        if (found == numbers_.end()) return std::nullopt;
        return found->second;
    }
    /// The bytes of a token; empty if there is none of this number.
    std::string_view piece(std::uint32_t token) const {
        return token < tokens_.size() ? std::string_view(tokens_[token]) : std::string_view();
    }

    std::vector<std::uint32_t> encode(std::string_view text,
                                      special_tokens how = special_tokens::as_text) const {
        std::vector<std::uint32_t> made;
        detail::cut_at_special_tokens(
            text, how, special_.size(), [&](std::size_t i) { return piece(special_[i]); },
            [&](std::string_view part) { append_words(part, made); },
            [&](std::size_t i) { made.push_back(special_[i]); });
        return made;
    }
    /// The bytes of the tokens, one after the other: a letter may be cut between two. Numbers that are no token give nothing.
    std::string decode(std::span<const std::uint32_t> tokens) const {
        std::string made;
        for (const std::uint32_t token : tokens) made += piece(token);
        return made;
    }
    std::string decode(std::uint32_t token) const { return std::string(piece(token)); }

private:
    byte_pair_tokenizer() = default;

    static constexpr std::uint32_t none_ = std::numeric_limits<std::uint32_t>::max();
    struct merge {
        std::uint32_t rank = none_, token = none_;
    };
    static std::uint64_t pair_of(std::uint32_t left, std::uint32_t right) {
        return std::uint64_t{left} << 32 | right;
    }

    std::optional<file_failure> read_tokens(std::vector<std::byte> bytes, const std::string& path,
                                            const byte_pair_options& options) {
        const auto document = detail::try_parse_json(std::move(bytes), path);
        if (!document) return document.failure();
        const detail::json_value all = *document;
        if (all.type() != detail::json_value::kind::object)
            return file_failure{path, "an object of tokens and their numbers", std::string(all.type_name())};
        std::optional<file_failure> failure;
        std::size_t count = 0;
        all.for_each_member([&](std::string_view, detail::json_value) { ++count; });
        std::vector<bool> is_given(count);
        tokens_.resize(count);
        all.for_each_member([&](std::string_view quoted, detail::json_value value) {
            if (failure) return;
            const std::string key = detail::json_decoded(quoted);
            const auto number = value.size();
            if (!number || *number >= count || is_given[*number]) {
                failure = file_failure{path, "numbers 0 to " + std::to_string(count - 1) + ", each once",
                                       value.summary() + " of \"" + key + '"'};
                return;
            }
            const auto token = detail::bytes_of_letters(key);
            if (!token || token->empty()) {
                failure = file_failure{path, "tokens whose letters stand for bytes", '"' + key + '"'};
                return;
            }
            is_given[*number] = true;
            tokens_[*number] = *token;
            if (!numbers_.emplace(*token, static_cast<std::uint32_t>(*number)).second)
                failure = file_failure{path, "each token once", '"' + key + "\" again"};
        });
        if (failure) return failure;
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const auto found =
                numbers_.find(std::string(1, static_cast<char>(static_cast<unsigned char>(byte))));
            if (found == numbers_.end())
                return file_failure{path, "a token for each of the 256 bytes",
                                    "none for byte " + std::to_string(byte)};
            bytes_[byte] = found->second;
        }
        for (const std::string& one : options.special) {
            const auto found = find(one);
            if (!found) return file_failure{path, '"' + one + "\" among the tokens", "no such token"};
            special_.push_back(*found);
        }
        return std::nullopt;
    }

    std::optional<file_failure> read_merges(std::span<const std::byte> bytes, const std::string& path) {
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        std::size_t number = 0;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            std::string_view line = text.substr(at, end - at);
            if (line.ends_with('\r')) line.remove_suffix(1);
            at = end + 1;
            const std::string where = "line " + std::to_string(++number) + ": ";
            if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
            const std::size_t blank = line.find(' ');
            const auto left = token_of(line.substr(0, blank)),
                       right = blank == line.npos ? std::nullopt : token_of(line.substr(blank + 1));
            if (!left || !right)
                return file_failure{path, where + "two tokens with a blank between them",
                                    '"' + std::string(line.substr(0, 60)) + '"'};
            const auto joined = find(tokens_[*left] + tokens_[*right]);
            if (!joined)
                return file_failure{path, where + "a pair that makes a token",
                                    '"' + std::string(line.substr(0, 60)) + '"'};
            const auto rank = static_cast<std::uint32_t>(merges_.size());
            if (!merges_.emplace(pair_of(*left, *right), merge{rank, *joined}).second)
                return file_failure{path, where + "a pair that stands nowhere before",
                                    '"' + std::string(line.substr(0, 60)) + "\" again"};
        }
        return std::nullopt;
    }
    std::optional<std::uint32_t> token_of(std::string_view letters) const {
        const auto bytes = detail::bytes_of_letters(letters);
        return bytes ? find(*bytes) : std::nullopt;
    }

    void append_words(std::string_view text, std::vector<std::uint32_t>& to) const {
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = detail::end_of_word(text, at);
            append_word(text.substr(at, end - at), to);
            at = end;
        }
    }

    /// A pair of neighbours that a merge joins: `left` and `right` are places of their first bytes.
    struct candidate {
        std::uint32_t rank, joined;
        std::size_t left, right;
        std::uint32_t left_token, right_token;
        /// The lowest rank first, then from left to right.
        bool operator<(const candidate& other) const {
            return rank != other.rank ? rank > other.rank : left > other.left;
        }
    };
    /// All pairs of the lowest rank are joined from left to right, then the pairs that are there are looked at again. A queue
    /// of pairs, so that a long word takes n log n.
    void append_word(std::string_view word, std::vector<std::uint32_t>& to) const {
        const std::size_t count = word.size(), past = count;
        std::vector<std::uint32_t> tokens(count);
        std::vector<std::size_t> next(count), before(count);
        for (std::size_t i = 0; i < count; ++i) {
            tokens[i] = bytes_[static_cast<unsigned char>(word[i])];
            next[i] = i + 1;
            before[i] = i == 0 ? past : i - 1;
        }
        std::priority_queue<candidate> queue;
        const auto look = [&](std::size_t left) {
            const std::size_t right = left == past ? past : next[left];
            if (right == past) return;
            const auto found = merges_.find(pair_of(tokens[left], tokens[right]));
            if (found == merges_.end()) return;
            queue.push({found->second.rank, found->second.token, left, right, tokens[left], tokens[right]});
        };
        for (std::size_t i = 0; i + 1 < count; ++i) look(i);
        std::vector<candidate> round;
        while (!queue.empty()) {
            round.clear();
            const std::uint32_t rank = queue.top().rank;
            for (; !queue.empty() && queue.top().rank == rank; queue.pop()) round.push_back(queue.top());
            for (const candidate& one : round) {
                // A neighbour may have been joined with its other neighbour since.
                const bool stands = tokens[one.left] == one.left_token && next[one.left] == one.right &&
                                    tokens[one.right] == one.right_token;
                if (!stands) continue;
                tokens[one.left] = one.joined;
                tokens[one.right] = none_;
                next[one.left] = next[one.right];
                if (next[one.left] != past) before[next[one.left]] = one.left;
                look(before[one.left]);
                look(one.left);
            }
        }
        for (std::size_t i = 0; i < count; i = next[i]) to.push_back(tokens[i]);
    }

    std::vector<std::string> tokens_;
    std::unordered_map<std::string, std::uint32_t> numbers_;
    std::unordered_map<std::uint64_t, merge> merges_;
    std::vector<std::uint32_t> special_;
    std::array<std::uint32_t, 256> bytes_{};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
