// SPDX-License-Identifier: BSL-1.0
#include "effects.hpp"

#include "audio_page.hpp"

static page::effects& streams() {
    static page::effects made;
    return made;
}

PAGE_EXPORT(block) float* block() { return page::samples; }
PAGE_EXPORT(block_size) std::size_t block_size() { return page::most_samples; }
PAGE_EXPORT(reset) void reset() { streams().reset(); }
PAGE_EXPORT(process) void run(int which, std::size_t count) {
    if (count <= page::most_samples) streams()(which, page::samples, count);
}
