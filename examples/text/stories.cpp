// SPDX-License-Identifier: BSL-1.0
/// @file stories.cpp
/// A small Llama tells a story, token by token:
///
///     text_stories examples/data/stories260k                              (from the beginning, the likeliest words)
///     text_stories examples/data/stories260k "The dog" 200 0.8            (200 tokens, chosen at temperature 0.8)
///
/// The network is a stream: keys and values of all tokens so far are its state, inside the object. Prints how fast it was.
#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/inference.hpp>
#include <archetype/interchange/llama2c/load_llama2c.hpp>
#include <archetype/text/llama2c_tokenizer.hpp>
#include <archetype/zoo/llama.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace at = archetype;

namespace {

using stories = at::zoo::stories260k<>;

/// The likeliest token, or one drawn by its share at a temperature.
std::uint32_t choose(std::span<const float> scores, double temperature, at::random_source& random) {
    std::size_t best = 0;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (scores[i] > scores[best]) best = i;
    if (temperature <= 0) return static_cast<std::uint32_t>(best);
    double total = 0;
    const auto share = [&](std::size_t i) { return std::exp((scores[i] - scores[best]) / temperature); };
    for (std::size_t i = 0; i < scores.size(); ++i) total += share(i);
    double left = random.uniform() * total;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if ((left -= share(i)) < 0) return static_cast<std::uint32_t>(i);
    return static_cast<std::uint32_t>(best);
}

}  // namespace

int main(int count, char** arguments) {
    const std::filesystem::path folder = count > 1 ? arguments[1] : "examples/data/stories260k";
    const std::string prompt = count > 2 ? arguments[2] : "";
    const int length = count > 3 ? std::atoi(arguments[3]) : 256;
    const double temperature = count > 4 ? std::atof(arguments[4]) : 0;

    const auto tokenizer = at::llama2c_tokenizer::try_read(folder / "tok512.bin");
    at::model<stories> model;
    const auto failure = at::try_load_llama2c(model, folder / "stories260K.bin");
    if (!tokenizer || failure) {
        std::fprintf(stderr, "%s\n",
                     tokenizer ? failure->message().c_str() : tokenizer.failure().message().c_str());
        return 1;
    }
    if (length < 1 || length > 512) {
        std::fprintf(stderr, "expected 1 to 512 tokens, found %d\n", length);
        return 1;
    }
    const at::folded_weights weights(model);
    const auto stream = std::make_unique<at::stream<stories>>(weights.weights());
    std::vector<std::uint32_t> tokens = tokenizer->encode(prompt);
    at::random_source random(1);
    const auto start = std::chrono::steady_clock::now();
    for (int t = 0; t < length; ++t) {
        const auto at_token = static_cast<float>(tokens[static_cast<std::size_t>(t)]);
        const std::span<const float> scores = stream->run(std::span<const float>(&at_token, 1));
        if (static_cast<std::size_t>(t) + 1 == tokens.size())
            tokens.push_back(choose(scores, temperature, random));
        const std::uint32_t next = tokens[static_cast<std::size_t>(t) + 1];
        if (next == at::llama2c_tokenizer::begin) break;  // the next story
        std::fputs(tokenizer->decode(next, tokens[static_cast<std::size_t>(t)]).c_str(), stdout);
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    const std::size_t told = tokens.size() - 1;
    std::printf("\n\n%zu tokens, %.0f a second; %zu bytes of weights, %zu of keys and values\n", told,
                static_cast<double>(told) / time.count(), at::inference_weight_count<stories> * sizeof(float),
                static_cast<std::size_t>(at::state_bytes<stories>));
    return 0;
}
