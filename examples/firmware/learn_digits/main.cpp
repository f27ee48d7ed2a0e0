// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// Steps on digits in turn; what one costs, the losses, and the parameters at the end.
#include "board.hpp"
#include "digits.hpp"
#include "network.hpp"

namespace {

float pixels[28 * 28];
float loss;
int label;

float learn_one(const digits_sample& sample) {
    board::place(sample, pixels, 256);
    label = sample.label;
    loss = learn(pixels, label);
    return loss;
}

}  // namespace

int main() {
    constexpr int rounds = 3;
    float first = 0, last = 0;
    board::print("trainer_bytes", std::uint64_t{trainer_bytes()});
    for (int round = 0; round < rounds; ++round) {
        last = 0;
        for (const digits_sample& sample : digits_samples) last += learn_one(sample);
        if (round == 0) first = last;
        board::print("loss", last);
    }
    board::print("parameters", std::uint64_t{parameter_bits()});
    board::report("learn", [] { loss = learn(pixels, label); });
    return last < 0.8f * first ? 0 : 1;
}
