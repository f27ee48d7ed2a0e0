// SPDX-License-Identifier: BSL-1.0
/// @file letters.hpp
/// Texts as numbers of characters, and cut into what is learned from and what is judged by.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace texts {

/// The classes of characters, by how often they are met; the rarest share the last class.
template <std::size_t Classes>
struct alphabet {
    std::array<std::int32_t, 256> class_of{};
    std::string character_of;

    explicit alphabet(const std::string& text) {
        std::array<std::size_t, 256> count{};
        for (const unsigned char c : text) ++count[c];
        std::vector<int> order(256);
        for (int i = 0; i < 256; ++i) order[static_cast<std::size_t>(i)] = i;
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
            return count[static_cast<std::size_t>(a)] > count[static_cast<std::size_t>(b)];
        });
        for (std::size_t k = 0; k < 256; ++k) {
            class_of[static_cast<std::size_t>(order[k])] =
                static_cast<std::int32_t>(std::min(k, Classes - 1));
            if (k < Classes) character_of += static_cast<char>(order[k]);
        }
    }
    std::vector<std::int32_t> read(const std::string& text) const {
        std::vector<std::int32_t> numbers;
        for (const unsigned char c : text) numbers.push_back(class_of[c]);
        return numbers;
    }
};

/// A text in a hundred pieces, every tenth of which is kept back: {known, unknown}.
inline std::pair<std::string, std::string> keep_back(const std::string& text) {
    std::string known, unknown;
    for (std::size_t piece = 0; piece < 100; ++piece)
        (piece % 10 == 9 ? unknown : known) += text.substr(piece * (text.size() / 100), text.size() / 100);
    return {known, unknown};
}

/// One of the classes, drawn by their probabilities to the power of 1 / temperature; `uniform` is in [0, 1).
inline std::size_t draw(std::span<const double> probabilities, double temperature, double uniform) {
    std::vector<double> weight(probabilities.size());
    double sum = 0;
    for (std::size_t k = 0; k < weight.size(); ++k)
        sum += weight[k] = std::pow(probabilities[k], 1 / temperature);
    double left = uniform * sum;
    std::size_t drawn = 0;
    while (drawn + 1 < weight.size() && (left -= weight[drawn]) >= 0) ++drawn;
    return drawn;
}

}  // namespace texts
