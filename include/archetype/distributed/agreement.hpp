// SPDX-License-Identifier: BSL-1.0
/// @file agreement.hpp
/// What all ranks must have alike, as names and texts, and the message for what they have not.
#pragma once
#include <archetype/distributed/process_group.hpp>
#include <archetype/error.hpp>
#include <archetype/interchange/checkpoint.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// A number that tells bytes apart: of eight at a time, multiplied and turned.
class content_hash {
public:
    template <class Number>
    void add(const Number* values, std::size_t count) {
        const std::size_t size = count * sizeof(Number);
        add(count);
        const char* bytes = reinterpret_cast<const char*>(values);
        for (std::size_t i = 0; i < size; i += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes + i, size - i < 8 ? size - i : 8);
            add(word);
        }
    }
    void add(std::uint64_t word) {
        value_ = (value_ ^ word) * 0x9e3779b97f4a7c15u;
        value_ ^= value_ >> 29;
    }
    std::string text() const { return "those with the hash " + fingerprint_text(value_); }

private:
    std::uint64_t value_ = 0xcbf29ce484222325u;
};

/// Settings of one rank by name, and its failure, if it cannot start at all.
struct rank_settings {
    std::vector<std::pair<std::string, std::string>> all;
    std::string failure;

    void add(std::string name, std::string text) { all.emplace_back(std::move(name), std::move(text)); }
    void add(std::string name, std::size_t number) { add(std::move(name), std::to_string(number)); }
    /// Zero bytes are in none of the texts.
    std::string packed() const {
        std::string text = failure;
        for (const auto& [name, value] : all) text.append(1, '\0').append(name).append(1, '\0').append(value);
        return text;
    }
    static rank_settings unpacked(const std::string& text) {
        std::vector<std::string> fields(1);
        for (const char c : text)
            if (c == '\0')
                fields.emplace_back();
            else
                fields.back() += c;
        rank_settings found{{}, fields[0]};
        for (std::size_t i = 1; i + 1 < fields.size(); i += 2) found.add(fields[i], fields[i + 1]);
        return found;
    }
};

/// Everybody calls it. @throws std::invalid_argument, everywhere the same, if a rank has a failure, but not if all have the same,
/// or if one has another setting than rank 0
inline void agree(const process_group& group, const rank_settings& own) {
    const std::vector<std::string> texts = group.gather(own.packed());
    std::vector<rank_settings> ranks;
    ranks.reserve(texts.size());
    for (const std::string& text : texts) ranks.push_back(rank_settings::unpacked(text));
    const bool all_alike = std::all_of(ranks.begin(), ranks.end(), [&](const rank_settings& one) {
        return !one.failure.empty() && one.failure == own.failure;
    });
    for (std::size_t r = 0; r < ranks.size() && !all_alike; ++r)
        if (!ranks[r].failure.empty())
            throw detail::thrown<std::invalid_argument>(ranks[r].failure + " (on rank " + std::to_string(r) +
                                                        ")");
    for (std::size_t r = 1; r < ranks.size(); ++r)
        for (std::size_t i = 0; i < ranks[0].all.size() || i < ranks[r].all.size(); ++i) {
            const std::pair<std::string, std::string> nothing{"", "none"};
            const auto& wanted = i < ranks[0].all.size() ? ranks[0].all[i] : nothing;
            const auto& found = i < ranks[r].all.size() ? ranks[r].all[i] : nothing;
            if (wanted == found) continue;
            const auto [here, there] = first_difference(wanted.second, found.second);
            std::string text = "archetype::distributed_trainer: expected the ";
            text += wanted.first.empty() ? found.first : wanted.first;
            text += " of rank 0, ";
            text += here;
            text += ", on every rank, found ";
            text += there;
            throw detail::thrown<std::invalid_argument>(text + " on rank " + std::to_string(r));
        }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
