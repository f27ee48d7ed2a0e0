// SPDX-License-Identifier: BSL-1.0
/// @file audio_witness.cpp
/// On the host: what the page of sounds should play. `audio_witness NETWORK < IN > OUT` with floats of any number, NETWORK
/// 0: the pedal, 1: the amplifier, 2: the voice (with WITH_VOICE).
#include "effects.hpp"
#ifdef WITH_VOICE
#include "voice.hpp"
#endif

#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int count, char** arguments) {
    const int which = count == 2 ? std::atoi(arguments[1]) : -1;
    std::vector<float> samples;
    for (float sample; std::fread(&sample, sizeof sample, 1, stdin) == 1;) samples.push_back(sample);
    if (which == 0 || which == 1) {
        static page::effects run;
        run(which, samples.data(), samples.size());
#ifdef WITH_VOICE
    } else if (which == 2) {
        static page::voice run;
        for (float& sample : samples) sample = run(sample);
#endif
    } else {
        return 2;
    }
    return std::fwrite(samples.data(), sizeof(float), samples.size(), stdout) == samples.size() ? 0 : 1;
}
