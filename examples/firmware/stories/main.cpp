// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Tells a story in floats, the likeliest tokens; they must be those of the host. Says what a token takes.
#include "board.hpp"
#include "network.hpp"
#include "stories_tokens.hpp"  // write_stories.cpp wrote both
#include "stories_weights.hpp"

namespace {

at::embedded_stream<stories, stories_weights> stream;
#if !__STDC_HOSTED__  // a host's object has a copy of the weights for its vectors
static_assert(sizeof(stream) == at::stream_ram_bytes<stories>);
#endif

float token;
std::size_t next;

void tell() {
    const auto scores = stream(std::span<const float, 1>(&token, 1));
    next = at::argmax(scores);
}

}  // namespace

int main() {
    constexpr std::size_t count = sizeof(story_tokens) / sizeof(story_tokens[0]);
    static_assert(count < story_steps);
    std::uint64_t other = 0;
    token = 1;  // the beginning of a story
    for (std::size_t t = 0; t < count; ++t) {
        tell();
        other += next != story_tokens[t] ? 1 : 0;
        board::print(story_pieces[t]);
        token = static_cast<float>(next);
    }
    board::print("\n");
    board::report("token", tell);  // sees all of them
    board::print("tokens", std::uint64_t{count});
    board::print("ram", std::uint64_t{sizeof stream});
    board::print("cache", std::uint64_t{at::state_bytes<stories>});
    board::print("weights", std::uint64_t{at::flash_bytes<stories>});
    board::print("other", other);
    return other == 0 ? 0 : 1;
}
