// SPDX-License-Identifier: BSL-1.0
/// @file words.hpp
/// Texts as numbers of words.
#pragma once
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace texts {

/// The words of a text: runs of letters, in lower case.
inline std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : text + '\n') {
        if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
            word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        } else if (!word.empty()) {
            if (word.size() < 24) words.push_back(word);
            word.clear();
        }
    }
    return words;
}

/// The most frequent words of a text, numbered by how often they are met.
class words {
public:
    words(std::span<const std::string> text, std::size_t most) {
        std::map<std::string, std::size_t> count;
        for (const std::string& word : text) ++count[word];
        std::vector<std::pair<std::size_t, std::string>> order;
        for (const auto& [word, times] : count) order.emplace_back(times, word);
        std::stable_sort(order.begin(), order.end(),
                         [](const auto& a, const auto& b) { return a.first > b.first; });
        if (order.size() > most) order.resize(most);
        for (const auto& [times, word] : order) {
            numbers_[word] = static_cast<std::int32_t>(names_.size());
            names_.push_back(word);
        }
    }
    std::size_t size() const { return names_.size(); }
    const std::string& name(std::size_t number) const { return names_[number]; }
    /// -1 for words that are not among them.
    std::int32_t number(const std::string& word) const {
        const auto found = numbers_.find(word);
        return found == numbers_.end() ? -1 : found->second;
    }
    std::vector<std::int32_t> read(std::span<const std::string> text) const {
        std::vector<std::int32_t> made;
        for (const std::string& word : text) made.push_back(number(word));
        return made;
    }

private:
    std::vector<std::string> names_;
    std::map<std::string, std::int32_t> numbers_;
};

}  // namespace texts
