// SPDX-License-Identifier: BSL-1.0
/// @file text.hpp
/// What the examples on texts share: reading, and the baselines that a language model has to beat.
#pragma once
#include <zlib.h>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace texts {

/// What a test of CMake takes for "skipped".
inline constexpr int skipped = 77;

/// A file, plain or compressed by gzip.
inline std::optional<std::string> read(const std::string& path) {
    const gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) return std::nullopt;
    std::string text;
    char some[1 << 14];
    for (int count; (count = gzread(file, some, sizeof some)) > 0;)
        text.append(some, static_cast<std::size_t>(count));
    gzclose(file);
    return text;
}

/// Bits per character by which gzip -9 grows if `unknown` follows `known`.
inline double gzip_bits(const std::string& known, const std::string& unknown) {
    const auto size = [](const std::string& text) {
        uLongf length = compressBound(text.size());
        std::vector<Bytef> to(length);
        compress2(to.data(), &length, reinterpret_cast<const Bytef*>(text.data()), text.size(), 9);
        return static_cast<double>(length);
    };
    return 8 * (size(known + unknown) - size(known)) / static_cast<double>(unknown.size());
}

/// Bits per character of `unknown` by counts of trigrams in `known`, smoothed by those of bigrams and so on down (Witten,
/// Bell 1991): p(c | a b) = (count(a b c) + kinds(a b) p(c | b)) / (count(a b) + kinds(a b)).
template <std::size_t Classes>
double trigram_bits(std::span<const std::int32_t> known, std::span<const std::int32_t> unknown) {
    struct context {
        std::array<std::uint32_t, Classes> counts{};
        double total = 0, kinds = 0;
    };
    std::array<std::map<std::size_t, context>, 3> orders;
    const auto key = [](std::span<const std::int32_t> text, std::size_t at, std::size_t order) {
        std::size_t made = 0;
        for (std::size_t i = order; i > 0; --i)
            made = made * Classes + static_cast<std::size_t>(text[at - i]);
        return made;
    };
    for (std::size_t at = 2; at < known.size(); ++at)
        for (std::size_t order = 0; order < 3; ++order) {
            context& here = orders[order][key(known, at, order)];
            std::uint32_t& count = here.counts[static_cast<std::size_t>(known[at])];
            here.kinds += count == 0 ? 1 : 0;
            here.total += 1;
            ++count;
        }
    double bits = 0;
    for (std::size_t at = 2; at < unknown.size(); ++at) {
        double probability = 1.0 / Classes;
        for (std::size_t order = 0; order < 3; ++order)
            if (const auto found = orders[order].find(key(unknown, at, order));
                found != orders[order].end()) {
                const context& here = found->second;
                probability =
                    (here.counts[static_cast<std::size_t>(unknown[at])] + here.kinds * probability) /
                    (here.total + here.kinds);
            }
        bits -= std::log2(probability);
    }
    return bits / static_cast<double>(unknown.size() - 2);
}

}  // namespace texts
