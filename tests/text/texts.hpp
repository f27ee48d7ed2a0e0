// SPDX-License-Identifier: BSL-1.0
// Published texts and their tokens: of examples/data/vocabularies.
#pragma once
#include <catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace texts {

inline std::filesystem::path folder(const std::string& name) {
    return std::filesystem::path(ARCHETYPE_DATA_DIR) / "vocabularies" / name;
}
inline std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
inline std::vector<std::byte> bytes_of(const std::string& text) {
    const auto* const first = reinterpret_cast<const std::byte*>(text.data());
    return {first, first + text.size()};
}

struct example {
    std::string text;
    std::vector<std::uint32_t> tokens;
};
/// All of a vocabulary: text n of `texts.inp`, line n of `texts.out`.
inline std::vector<example> of(const std::string& name) {
    const std::string all = content(folder(name) / "texts.inp"), separator = "\n__ggml_vocab_test__\n";
    std::istringstream lines(content(folder(name) / "texts.out"));
    std::vector<example> made;
    for (std::size_t at = 0; at <= all.size();) {
        const std::size_t end = std::min(all.find(separator, at), all.size());
        example one{all.substr(at, end - at), {}};
        std::string line;
        std::getline(lines, line);
        std::istringstream numbers(line);
        for (std::uint32_t token = 0; numbers >> token;) one.tokens.push_back(token);
        made.push_back(std::move(one));
        if (end == all.size()) break;
        at = end + separator.size();
    }
    return made;
}

}  // namespace texts
