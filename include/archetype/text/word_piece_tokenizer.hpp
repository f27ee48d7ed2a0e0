// SPDX-License-Identifier: BSL-1.0
/// @file word_piece_tokenizer.hpp
/// Texts as the word pieces of BERT and back (Schuster, Nakajima 2012; Wu et al. 2016; Devlin et al. 2018), by its `vocab.txt`.
#pragma once
#include <archetype/data/file_bytes.hpp>
#include <archetype/text/special_tokens.hpp>
#include <archetype/text/unicode.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// How a text becomes words, which the vocabulary does not tell.
struct word_piece_options {
    bool lower_case = true;          ///< small letters without accents, as "uncased" vocabularies have them
    bool split_ideographs = true;    ///< each Chinese character is a word
    std::size_t longest_word = 100;  ///< in letters; a longer one is unknown
};

/// What BERT takes: "[CLS] first [SEP] second [SEP]", filled up with "[PAD]".
template <std::size_t Steps>
struct word_piece_input {
    std::array<std::uint32_t, Steps> tokens{}, types{},
        mask{};              ///< types: 1 in the second text; mask: 0 for padding
    std::size_t length = 0;  ///< steps that are no padding
};

/// Word pieces: words are cut at white space and punctuation, then each into the longest pieces of the vocabulary from its
/// beginning on; a word that cannot be cut is "[UNK]". Bytes that are no UTF-8, controls and U+FFFD are left out, as in the
/// published tokenizer.
class word_piece_tokenizer {
public:
    /// Reads a vocabulary, one piece a line, pieces inside of words with "##" before them. [PAD], [UNK], [CLS], [SEP] and [MASK] must
    /// be among them, and no piece twice. Needs utf8proc.
    static file_result<word_piece_tokenizer> try_read(const std::filesystem::path& path,
                                                      const word_piece_options& options = {}) {
        const auto bytes = try_read_file(path);
        if (!bytes) return bytes.failure();
        return try_parse(*bytes, path.string(), options);
    }
    static file_result<word_piece_tokenizer> try_parse(std::span<const std::byte> bytes,
                                                       const std::string& path,
                                                       const word_piece_options& options = {}) {
        using result = file_result<word_piece_tokenizer>;
        if (!detail::has_unicode) return detail::without_unicode(path);
        return detail::without_throwing(path, [&]() -> result {
            word_piece_tokenizer made(options);
            const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t end = std::min(text.find('\n', at), text.size());
                std::string_view line = text.substr(at, end - at);
                if (line.ends_with('\r')) line.remove_suffix(1);
                at = end + 1;
                const std::string where = "line " + std::to_string(made.pieces_.size() + 1) + ": ";
                if (line.empty()) return file_failure{path, where + "a piece", "an empty line"};
                const auto number = static_cast<std::uint32_t>(made.pieces_.size());
                made.pieces_.emplace_back(line);
                if (!made.numbers_.emplace(std::string(line), number).second)
                    return file_failure{path, where + "a piece that stands nowhere before",
                                        '"' + std::string(line) + "\" again"};
                made.longest_ = std::max(made.longest_, line.size());
            }
            for (std::size_t i = 0; i < std::size(special); ++i) {
                const auto found = made.numbers_.find(std::string(special[i]));
                if (found == made.numbers_.end())
                    return file_failure{path, std::string(special[i]) + " among the pieces", "no such piece"};
                made.special_[i] = found->second;
            }
            return made;
        });
    }

    std::size_t size() const { return pieces_.size(); }
    /// The token of a piece, such as "##ing".
    std::optional<std::uint32_t> find(std::string_view piece) const {
        const auto found = numbers_.find(std::string(piece));
        if (found == numbers_.end()) return std::nullopt;
        return found->second;
    }
    /// A token's piece; empty if there is none of this number.
    std::string_view piece(std::uint32_t token) const {
        return token < pieces_.size() ? std::string_view(pieces_[token]) : std::string_view();
    }
    std::uint32_t padding() const { return special_[0]; }
    std::uint32_t unknown() const { return special_[1]; }
    std::uint32_t class_token() const { return special_[2]; }
    std::uint32_t separator() const { return special_[3]; }
    std::uint32_t mask() const { return special_[4]; }

    /// The tokens of a text, without [CLS] and [SEP].
    std::vector<std::uint32_t> encode(std::string_view text,
                                      special_tokens how = special_tokens::as_text) const {
        std::vector<std::uint32_t> made;
        detail::cut_at_special_tokens(
            text, how, std::size(special), [](std::size_t i) { return special[i]; },
            [&](std::string_view part) { append_words(part, made); },
            [&](std::size_t i) { made.push_back(special_[i]); });
        return made;
    }
    /// Pieces with blanks between words. Numbers that are no token give nothing.
    std::string decode(std::span<const std::uint32_t> tokens) const {
        std::string made;
        for (const std::uint32_t token : tokens) {
            const std::string_view text = piece(token);
            if (text.starts_with(inside) && !made.empty()) {
                made += text.substr(inside.size());
            } else if (!text.empty()) {
                if (!made.empty()) made += ' ';
                made += text;
            }
        }
        return made;
    }

    /// One text as an input of `Steps` tokens; what is too long loses its end.
    template <std::size_t Steps>
    word_piece_input<Steps> encode_input(std::string_view text,
                                         special_tokens how = special_tokens::as_text) const {
        static_assert(Steps >= 2, "archetype: an input has [CLS] and [SEP], two steps at least");
        std::vector<std::uint32_t> first = encode(text, how);
        first.resize(std::min(first.size(), Steps - 2));
        word_piece_input<Steps> made = padded<Steps>();
        append(made, class_token(), 0);
        for (const std::uint32_t token : first) append(made, token, 0);
        append(made, separator(), 0);
        return made;
    }
    /// Two texts: while they are too long together, the longer one (of equal ones the second) loses its last token.
    template <std::size_t Steps>
    word_piece_input<Steps> encode_input(std::string_view text, std::string_view other,
                                         special_tokens how = special_tokens::as_text) const {
        static_assert(Steps >= 3, "archetype: an input of two texts has [CLS] and two [SEP], three steps");
        std::vector<std::uint32_t> first = encode(text, how), second = encode(other, how);
        while (first.size() + second.size() > Steps - 3)
            (first.size() > second.size() ? first : second).pop_back();
        word_piece_input<Steps> made = padded<Steps>();
        append(made, class_token(), 0);
        for (const std::uint32_t token : first) append(made, token, 0);
        append(made, separator(), 0);
        for (const std::uint32_t token : second) append(made, token, 1);
        append(made, separator(), 1);
        return made;
    }

private:
    explicit word_piece_tokenizer(const word_piece_options& options) : options_(options) {}

    static constexpr std::string_view special[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    static constexpr std::string_view inside = "##";

    template <std::size_t Steps>
    word_piece_input<Steps> padded() const {
        word_piece_input<Steps> made;
        made.tokens.fill(padding());
        return made;
    }
    template <std::size_t Steps>
    static void append(word_piece_input<Steps>& to, std::uint32_t token, std::uint32_t type) {
        to.tokens[to.length] = token;
        to.types[to.length] = type;
        to.mask[to.length++] = 1;
    }

    static bool is_ideograph(std::int32_t code) {
        constexpr std::int32_t blocks[][2] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF},
                                              {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B820, 0x2CEAF},
                                              {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
        return std::any_of(std::begin(blocks), std::end(blocks),
                           [&](const auto& block) { return code >= block[0] && code <= block[1]; });
    }
    /// ASCII's symbols are punctuation, too.
    static bool is_punctuation(std::int32_t code) {
        if (code < 0x80)
            return code > 0x20 && code != 0x7F && !(code >= '0' && code <= '9') &&
                   !((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
        return detail::kind_of(code) == detail::letter_kind::punctuation;
    }

    void append_words(std::string_view text, std::vector<std::uint32_t>& to) const {
        std::string word;
        std::size_t letters = 0;
        const auto end_word = [&] {
            if (letters != 0) append_pieces(word, letters, to);
            word.clear();
            letters = 0;
        };
        const auto take = [&](std::int32_t code) {
            const bool alone = is_punctuation(code);
            if (alone) end_word();
            detail::append_letter(word, code);
            ++letters;
            if (alone) end_word();
        };
        for (std::size_t at = 0; at < text.size();) {
            const detail::text_letter letter = detail::letter_at(text, at);
            at += letter.length;
            const std::int32_t code = letter.code;
            if (code <= 0 || code == 0xFFFD) continue;
            if (code == ' ' || code == '\t' || code == '\n' || code == '\r' || detail::is_blank(code)) {
                end_word();
            } else if (detail::kind_of(code) != detail::letter_kind::other) {
                const bool alone = options_.split_ideographs && is_ideograph(code);
                if (alone) end_word();
                if (options_.lower_case)
                    detail::decompose(detail::lower_of(code), [&](std::int32_t part) {
                        if (!detail::is_accent(part)) take(part);
                    });
                else
                    take(code);
                if (alone) end_word();
            }
        }
        end_word();
    }

    /// The longest piece first, from the beginning of the word on.
    void append_pieces(const std::string& word, std::size_t letters, std::vector<std::uint32_t>& to) const {
        const std::size_t before = to.size();
        std::size_t at = 0;
        while (letters <= options_.longest_word && at != word.size()) {
            const std::size_t length = append_longest(word, at, to);
            if (length == 0) break;
            at += length;
        }
        if (at == word.size()) return;
        to.resize(before);
        to.push_back(unknown());
    }
    /// Gives its length in the word; 0 if there is none.
    std::size_t append_longest(const std::string& word, std::size_t at,
                               std::vector<std::uint32_t>& to) const {
        std::string tried;
        for (std::size_t length = std::min(word.size() - at, longest_); length != 0; --length) {
            tried.assign(at == 0 ? std::string_view() : inside);
            tried.append(word, at, length);
            if (const auto found = numbers_.find(tried); found != numbers_.end()) {
                to.push_back(found->second);
                return length;
            }
        }
        return 0;
    }

    word_piece_options options_;
    std::vector<std::string> pieces_;
    std::unordered_map<std::string, std::uint32_t> numbers_;
    std::size_t longest_ = 0;
    std::uint32_t special_[std::size(special)]{};
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
