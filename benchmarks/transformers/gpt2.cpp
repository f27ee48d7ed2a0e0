// SPDX-License-Identifier: BSL-1.0
/// @file gpt2.cpp
/// GPT-2 small with random weights, one thread. Answers: "token" with seconds of one token behind 256 others, "bytes" with those
/// of the weights it reads, "bandwidth" with bytes a second that a core reads, "prompt" with seconds of 256 tokens at once, of the
/// state that the next token needs and its scores.
#include "bandwidth.hpp"

#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/inference.hpp>
#include <archetype/zoo/gpt.hpp>
#include <memory>

namespace at = archetype;
using net = at::zoo::gpt_stream<12, 768, 12, 1024>;
constexpr std::size_t prompt = 256, told = 16;

int main() {
    std::unique_ptr<const at::folded_weights<net>> weights;
    {
        const at::model<net> model{at::seed{1}, at::random_normal<0.02>{}};
        weights = std::make_unique<const at::folded_weights<net>>(model);
    }
    const auto stream = std::make_unique<at::stream<net, float, prompt>>(weights->weights());
    float seen = 0;  // so that nothing is left out
    const auto read = [&](std::span<const float> some) { seen += stream->run(some).back(); };
    std::vector<float> tokens(prompt);
    for (std::size_t t = 0; t < prompt; ++t) tokens[t] = static_cast<float>(t * 7919 % 50257);
    // What a token reads: all weights, but one row of the tables of words and of positions; the table of words is read for scores.
    constexpr std::size_t bytes = sizeof(float) * (at::inference_weight_count<net> - 1024 * 768);
    const std::vector<float> numbers(100'000'000, 1.f);
    peers::serve({{"token",
                   [&](std::ostream& out) {
                       stream->reset();
                       read(tokens);
                       const double time = peers::seconds([&] {
                           for (std::size_t t = 0; t < told; ++t) read({tokens.data() + t, 1});
                       });
                       out << time / told;
                   }},
                  {"prompt",
                   [&](std::ostream& out) {
                       stream->reset();
                       out << peers::seconds([&] { read(tokens); });
                   }},
                  {"seen", [&](std::ostream& out) { out << seen; }},
                  {"bytes", [&](std::ostream& out) { out << bytes; }},
                  {"bandwidth", [&](std::ostream& out) { out << peers::read_bandwidth(numbers); }}});
}
