// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Learns a word from eight samples, with one sample of each word that it knew so that it forgets none.
#include "board.hpp"
#include "network.hpp"

namespace {

constexpr unsigned samples = 8, lessons = known_words + samples, rounds = 30, tests = 4;
float frames[49 * 10], features[lessons][feature_count], one[feature_count];
float loss;

/// Right answers to the words from `first` on.
std::uint64_t right(unsigned first, unsigned last) {
    std::uint64_t count = 0;
    for (unsigned word = first; word < last; ++word)
        for (unsigned i = 0; i < tests; ++i) {
            speak(frames, word, 900 + i);
            listen(frames, one);
            count += recognize(one) == word ? 1 : 0;
        }
    return count;
}

}  // namespace

int main() {
    board::print("body_bytes", std::uint64_t{body_bytes()});
    board::print("trainer_bytes", std::uint64_t{trainer_bytes()});
    board::print("known_before", right(0, known_words));
    board::print("new_before", right(known_words, known_words + 1));
    for (unsigned i = 0; i < lessons; ++i) {
        speak(frames, i < known_words ? i : known_words, 700 + i);
        listen(frames, features[i]);
    }
    for (unsigned round = 0; round < rounds; ++round)
        for (unsigned i = 0; i < lessons; ++i)
            loss = learn(features[i], static_cast<int>(i < known_words ? i : known_words));
    board::print("parameters", std::uint64_t{parameter_bits()});
    const std::uint64_t known = right(0, known_words), fresh = right(known_words, known_words + 1);
    board::print("known", known);
    board::print("new", fresh);
    board::report("listen", [] { listen(frames, one); });
    board::report("learn", [] { loss = learn(one, known_words); });
    return known >= 44 && fresh == tests ? 0 : 1;
}
