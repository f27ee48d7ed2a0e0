// SPDX-License-Identifier: BSL-1.0
/// @file main.cpp
/// A signal through the pedal: what one sample takes, and whether all are those that PyTorch computes.
#include "board.hpp"
#include "network.hpp"
#include "pedal_samples.hpp"  // write_pedal.cpp wrote it

static float last;

int main() {
    board::print("multiply_accumulates", std::uint64_t{at::multiply_accumulate_count<pedal> / 64});
    board::print("flash_bytes", std::uint64_t{at::flash_bytes<pedal>});
    board::print("ram_bytes", std::uint64_t{at::stream_ram_bytes<pedal>});
    board::print("state_bytes", std::uint64_t{at::state_bytes<pedal>});
    float largest = 0;
    for (const pedal_sample& sample : pedal_samples) {
        last = process(sample.in);
        const float difference = last > sample.out ? last - sample.out : sample.out - last;
        if (!(difference <= largest)) largest = difference;
        board::print("score", last);
    }
    // A gate that is saturated would take a few instructions less.
    board::report("audio", [] { last = process(last); });
    board::print("largest_difference", largest);
    return largest < 1e-5f ? 0 : 1;
}
