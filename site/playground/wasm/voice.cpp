// SPDX-License-Identifier: BSL-1.0
#include "voice.hpp"

#include "audio_page.hpp"

static page::voice& stream() {
    static page::voice made;
    return made;
}

PAGE_EXPORT(block) float* block() { return page::samples; }
PAGE_EXPORT(block_size) std::size_t block_size() { return page::most_samples; }
PAGE_EXPORT(reset) void reset() { stream().reset(); }
PAGE_EXPORT(process) void run(int, std::size_t count) {
    for (std::size_t i = 0; i < count && i < page::most_samples; ++i)
        page::samples[i] = stream()(page::samples[i]);
}

// The network alone, for the time that it takes: one step of 257 complex numbers.
static float spectrum_of_step[2 * page::voice::bins];
static gtcrn::stream<archetype::inference<gtcrn::net>>& steps() {
    static gtcrn::stream<archetype::inference<gtcrn::net>> made{gtcrn::weights};
    return made;
}
PAGE_EXPORT(step_numbers) float* step_numbers() { return spectrum_of_step; }
PAGE_EXPORT(step) const float* step() { return steps()(spectrum_of_step).data(); }
