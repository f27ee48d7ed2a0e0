// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/data/sounds/sound_file.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    const file stored(bytes);
    expect_value_or_file_error([&] {
        const at::sound read = at::read_sound(stored.path(), {.limits = {.decompressed_bytes = 1 << 20}});
        if (read.rate == 0 || read.samples.shape()[1] == 0 || read.samples.size() > 1 << 18) std::abort();
        // Options that say what is there change nothing.
        const at::sound again =
            at::read_sound(stored.path(), {.rate = read.rate, .channels = read.samples.shape()[1]});
        if (again.samples != read.samples) std::abort();
    });
}
