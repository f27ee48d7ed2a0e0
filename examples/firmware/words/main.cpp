// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// A keyword transformer in 8 bits: recognizes the words that train_words.cpp wrote, compares the scores with the host's, number by
/// number, and says what a call took.
#include "board.hpp"
#include "network.hpp"
#include "words_samples.hpp"  // train_words.cpp wrote both
#include "words_weights.hpp"

namespace {

at::quantized_inference<words, words_weights> recognize;
static_assert(sizeof(recognize) == at::quantized_arena_bytes<words>);

void infer() { recognize(words_samples[0].frames); }

}  // namespace

int main() {
    board::report("words", infer);
    std::uint64_t other = 0, wrong = 0;
    for (const words_sample& sample : words_samples) {
        const auto scores = recognize(sample.frames);
        for (std::size_t i = 0; i < word_count; ++i) other += scores[i] != sample.scores[i] ? 1 : 0;
        wrong += at::argmax(scores) != sample.word ? 1 : 0;
    }
    board::print("arena", std::uint64_t{sizeof recognize});
    board::print("weights", std::uint64_t{4 * words_weights.size()});
    board::print("multiply_accumulates", std::uint64_t{at::multiply_accumulate_count<words>});
    board::print("other", other);
    board::print("wrong", wrong);
    return other == 0 ? 0 : 1;
}
