// SPDX-License-Identifier: BSL-1.0
/// @file effects.hpp
/// Two trained effects, sample by sample: the pedal of examples/firmware/audio and the amplifier of examples/audio. The same
/// in the page and on the host.
#pragma once
#include <archetype/inference.hpp>
#include <archetype/zoo/wavenet.hpp>

#include "../../../examples/firmware/audio/network.hpp"
#include "../../../examples/firmware/audio/pedal_weights.hpp"
#include "amplifier_weights.hpp"  // write_amplifier.cpp wrote it

namespace page {

using amplifier = archetype::zoo::standard_amp_wavenet<>;
constexpr std::size_t most_steps = 64;

/// Any number of samples through a stream, in their place.
template <class Stream>
void run_in_place(Stream& stream, float* samples, std::size_t count) {
    while (count != 0) {
        const std::size_t taken = count < most_steps ? count : most_steps;
        std::size_t at = 0;
        for (const float result : stream.run(std::span<const float>(samples, taken))) samples[at++] = result;
        samples += taken, count -= taken;
    }
}

/// Effect 0 is the pedal, 1 the amplifier.
class effects {
public:
    void reset() {
        pedal_.reset();
        amplifier_.reset();
    }
    void operator()(int which, float* samples, std::size_t count) {
        if (which == 0)
            run_in_place(pedal_, samples, count);
        else
            run_in_place(amplifier_, samples, count);
    }

private:
    archetype::stream<pedal, float, most_steps> pedal_{pedal_weights};
    archetype::stream<amplifier, float, most_steps> amplifier_{amplifier_weights};
};

}  // namespace page
