// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/data/pictures/image_file.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    const file stored(bytes);
    for (const at::image_channels channels : {at::image_channels::gray, at::image_channels::rgb})
        expect_value_or_file_error([&] {
            const auto read = at::read_image(stored.path(), channels, {.decompressed_bytes = 1 << 18});
            if (read.shape()[2] != static_cast<std::size_t>(channels) || read.size() == 0) std::abort();
        });
}
