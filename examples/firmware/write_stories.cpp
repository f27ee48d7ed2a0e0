// SPDX-License-Identifier: BSL-1.0
/// @file write_stories.cpp
/// On a host: writes the weights of stories260K for examples/firmware/stories, and the beginning of the story that it tells:
/// `write_stories examples/data/stories260k OUTPUT_FOLDER`. tests/embedded/stories.py shows how the firmware is built with them.
#include "stories/network.hpp"

#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/interchange.hpp>
#include <archetype/interchange/llama2c/load_llama2c.hpp>
#include <archetype/text/llama2c_tokenizer.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>

int main(int count, char** arguments) try {
    if (count != 3) {
        std::fputs("usage: write_stories STORIES_FOLDER OUTPUT_FOLDER\n", stderr);
        return 2;
    }
    const std::filesystem::path folder = arguments[1], output = arguments[2];
    std::filesystem::create_directories(output);
    const auto tokenizer = at::llama2c_tokenizer::try_read(folder / "tok512.bin");
    if (!tokenizer) throw std::runtime_error(tokenizer.failure().message());
    at::model<stories> model;
    if (const auto failure = at::try_load_llama2c(model, folder / "stories260K.bin"))
        throw std::runtime_error(failure->message());
    at::write_constant_weights_object(model, output, "stories_weights");

    const at::folded_weights weights(model);
    const auto stream = std::make_unique<at::stream<stories>>(weights.weights());
    std::ofstream out(output / "stories_tokens.hpp");
    std::string tokens, pieces;
    std::uint32_t last = at::llama2c_tokenizer::begin;
    for (std::size_t t = 0; t < 40; ++t) {
        const auto token = static_cast<float>(last);
        const std::span<const float> scores = stream->run(std::span<const float>(&token, 1));
        const auto next = static_cast<std::uint32_t>(at::argmax(scores));
        tokens += std::to_string(next) + ",";
        std::string piece;
        for (const unsigned char c : tokenizer->decode(next, last)) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\%03o", static_cast<unsigned>(c));
            piece += escaped;
        }
        pieces += "\"" + piece + "\",";
        last = next;
    }
    out << "#pragma once\ninline constexpr unsigned story_tokens[] = {" << tokens
        << "};\ninline constexpr const char* story_pieces[] = {" << pieces << "};\n";
    if (!out.flush()) throw std::runtime_error("stories_tokens.hpp cannot be written");
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
