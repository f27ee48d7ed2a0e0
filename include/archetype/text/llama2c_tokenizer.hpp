// SPDX-License-Identifier: BSL-1.0
/// @file llama2c_tokenizer.hpp
/// Texts as tokens and back by the vocabularies of llama2.c (`tokenizer.bin`, `tok512.bin`): SentencePiece's byte pair encoding.
#pragma once
#include <archetype/data/file_bytes.hpp>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Token 0 is what is unknown, 1 the beginning of a text, 2 its end; 3 to 258 are the bytes, for letters that the vocabulary
/// lacks.
class llama2c_tokenizer {
public:
    static constexpr std::uint32_t begin = 1, end = 2, first_byte = 3;

    /// Reads a vocabulary; all of the file, and pieces that are not longer than it says.
    static file_result<llama2c_tokenizer> try_read(const std::filesystem::path& path) {
        auto bytes = try_read_file(path);
        if (!bytes) return bytes.failure();
        return try_parse(*bytes, path.string());
    }
    static file_result<llama2c_tokenizer> try_parse(std::span<const std::byte> bytes,
                                                    const std::string& path) {
        llama2c_tokenizer made;
        std::size_t at = 0;
        std::int32_t longest = 0;
        const auto take = [&](auto& number) {
            if (bytes.size() - at < sizeof number) return false;
            std::memcpy(&number, bytes.data() + at, sizeof number);
            at += sizeof number;
            return true;
        };
        if (!take(longest) || longest <= 0)
            return file_failure{path, "the length of the longest piece, then pieces",
                                std::to_string(bytes.size()) + " bytes"};
        while (at < bytes.size()) {
            float score{};
            std::int32_t length = 0;
            const std::string where = "piece " + std::to_string(made.pieces_.size());
            if (!take(score) || !take(length))
                return file_failure{path, where + ": a score and a length",
                                    std::to_string(bytes.size() - at) + " bytes"};
            if (length < 0 || length > longest || static_cast<std::size_t>(length) > bytes.size() - at)
                return file_failure{path,
                                    where + ": at most " + std::to_string(longest) + " bytes that are there",
                                    std::to_string(length)};
            std::string piece(static_cast<std::size_t>(length), '\0');
            if (length > 0) std::memcpy(piece.data(), bytes.data() + at, piece.size());
            at += piece.size();
            made.tokens_.try_emplace(piece, static_cast<std::uint32_t>(made.pieces_.size()));
            made.pieces_.push_back({std::move(piece), score});
        }
        if (made.pieces_.size() < first_byte + 256)
            return file_failure{path, "at least 259 pieces", std::to_string(made.pieces_.size())};
        return made;
    }

    std::size_t size() const { return pieces_.size(); }

    /// The tokens of a text: `begin` first, a blank before the first letter, then neighbours are joined whose piece has the highest
    /// score, until none is left. Letters that are no piece, and bytes that are no letters, are tokens of their bytes.
    std::vector<std::uint32_t> encode(std::string_view text) const {
        std::vector<std::uint32_t> made{begin};
        if (text.empty()) return made;
        if (const auto blank = tokens_.find(" "); blank != tokens_.end()) made.push_back(blank->second);
        for (std::size_t i = 0; i < text.size();) {
            std::size_t length = 1;  // of a letter in UTF-8
            while (length < 4 && i + length < text.size() &&
                   (static_cast<unsigned char>(text[i + length]) & 0xC0) == 0x80)
                ++length;
            const auto found = tokens_.find(std::string(text.substr(i, length)));
            if (found != tokens_.end())
                made.push_back(found->second);
            else
                for (std::size_t k = 0; k < length; ++k)
                    made.push_back(first_byte + static_cast<unsigned char>(text[i + k]));
            i += length;
        }
        for (;;) {
            float best = 0;
            std::size_t place = 0;
            std::uint32_t joined = 0;
            for (std::size_t i = 0; i + 1 < made.size(); ++i) {
                const auto found = tokens_.find(pieces_[made[i]].text + pieces_[made[i + 1]].text);
                if (found == tokens_.end() || (joined != 0 && !(pieces_[found->second].score > best)))
                    continue;
                best = pieces_[found->second].score, place = i, joined = found->second;
            }
            if (joined == 0) return made;
            made[place] = joined;
            made.erase(made.begin() + static_cast<std::ptrdiff_t>(place) + 1);
        }
    }

    /// The bytes of a token that comes after `before`: the blank of the first one goes. Empty for a token that there is none of.
    std::string decode(std::uint32_t token, std::uint32_t before) const {
        if (token >= pieces_.size() || token == begin || token == end) return {};
        if (token >= first_byte && token < first_byte + 256)
            return std::string(1, static_cast<char>(static_cast<unsigned char>(token - first_byte)));
        const std::string& text = pieces_[token].text;
        return before == begin && !text.empty() && text[0] == ' ' ? text.substr(1) : text;
    }
    std::string decode(std::span<const std::uint32_t> tokens) const {
        std::string made;
        for (std::size_t i = 0; i < tokens.size(); ++i)
            made += decode(tokens[i], i == 0 ? end : tokens[i - 1]);
        return made;
    }

private:
    llama2c_tokenizer() = default;
    struct piece {
        std::string text;
        float score;
    };
    std::vector<piece> pieces_;
    std::map<std::string, std::uint32_t> tokens_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
