// SPDX-License-Identifier: BSL-1.0
/// @file gpt2.cpp
/// GPT-2 small with random weights, one thread. Answers: "token" with seconds of one token behind 256 others, "bytes" with those
/// of the weights it reads, "bandwidth" with bytes a second that a core reads, "prompt" with seconds of 256 tokens at once, of the
/// state that the next token needs and its scores. "first" is a token at the beginning, which looks at
/// few others. "token8", "first8" and "prompt8" are the same with weights of 8 bits, "bytes8" theirs.
#include "bandwidth.hpp"

#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/execution/quantize/weight_quantized_model.hpp>
#include <archetype/execution/stream/integers/weight_quantized_stream.hpp>
#include <archetype/inference.hpp>
#include <archetype/zoo/gpt.hpp>
#include <memory>

namespace at = archetype;
using net = at::zoo::gpt_stream<12, 768, 12, 1024>;
constexpr std::size_t prompt = 256, told = 16;

int main() {
    std::unique_ptr<const at::folded_weights<net>> weights;
    std::unique_ptr<const at::weight_quantized_model<net>> narrow;
    {
        const at::model<net> model{at::seed{1}, at::random_normal<0.02>{}};
        weights = std::make_unique<const at::folded_weights<net>>(model);
        narrow = std::make_unique<const at::weight_quantized_model<net>>(at::quantize_weights(model));
    }
    const auto stream = std::make_unique<at::stream<net, float, prompt>>(weights->weights());
    const auto stream8 =
        std::make_unique<at::weight_quantized_stream<net, prompt>>(narrow->constant_weights());
    float seen = 0;  // so that nothing is left out
    std::vector<float> tokens(prompt);
    const auto token = [&](auto& with, std::ostream& out, bool is_first) {
        with.reset();
        if (!is_first) seen += with.run(tokens).back();
        out << peers::seconds([&] {
                   for (std::size_t t = 0; t < told; ++t) seen += with.run({tokens.data() + t, 1}).back();
               }) / told;
    };
    const auto all = [&](auto& with, std::ostream& out) {
        with.reset();
        out << peers::seconds([&] { seen += with.run(tokens).back(); });
    };
    for (std::size_t t = 0; t < prompt; ++t) tokens[t] = static_cast<float>(t * 7919 % 50257);
    // What a token reads: all weights, but one row of the tables of words and of positions; the table of words is read for scores.
    constexpr std::size_t bytes = sizeof(float) * (at::inference_weight_count<net> - 1024 * 768);
    const std::vector<float> numbers(100'000'000, 1.f);
    constexpr std::size_t bytes8 = at::int8_weight_bytes<net> - sizeof(float) * 1024 * 768;
    peers::serve({{"token", [&](std::ostream& out) { token(*stream, out, false); }},
                  {"token8", [&](std::ostream& out) { token(*stream8, out, false); }},
                  {"first", [&](std::ostream& out) { token(*stream, out, true); }},
                  {"first8", [&](std::ostream& out) { token(*stream8, out, true); }},
                  {"prompt", [&](std::ostream& out) { all(*stream, out); }},
                  {"prompt8", [&](std::ostream& out) { all(*stream8, out); }},
                  {"seen", [&](std::ostream& out) { out << seen; }},
                  {"bytes", [&](std::ostream& out) { out << bytes; }},
                  {"bytes8", [&](std::ostream& out) { out << bytes8; }},
                  {"bandwidth", [&](std::ostream& out) { out << peers::read_bandwidth(numbers); }}});
}
