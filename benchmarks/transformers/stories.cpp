// SPDX-License-Identifier: BSL-1.0
/// @file stories.cpp
/// A Llama of 260,032 weights tells 256 tokens, the likeliest ones: `stories FOLDER` with stories260K.bin. "tokens" answers with
/// tokens a second, "last" with the last token.
#include "../peers/contender.hpp"

#include <archetype/execution/host/folded_weights.hpp>
#include <archetype/inference.hpp>
#include <archetype/interchange/llama2c/load_llama2c.hpp>
#include <archetype/zoo/llama.hpp>
#include <memory>

namespace at = archetype;
using net = at::zoo::stories260k<>;

int main(int, char** arguments) {
    at::model<net> model;
    at::load_llama2c(model, std::string(arguments[1]) + "/stories260K.bin");
    const at::folded_weights weights(model);
    const auto stream = std::make_unique<at::stream<net>>(weights.weights());
    constexpr int count = 256;
    float token = 1;
    const auto tell = [&] {
        stream->reset();
        token = 1;
        for (int t = 0; t < count; ++t) {
            const std::span<const float> scores = stream->run(std::span<const float>(&token, 1));
            token = static_cast<float>(at::argmax(scores));
        }
    };
    peers::serve({{"tokens", [&](std::ostream& out) { out << count / peers::seconds_of_many(tell); }},
                  {"last", [&](std::ostream& out) { out << token; }}});
}
