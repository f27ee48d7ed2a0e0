// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/data/npz.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    const file stored(bytes);
    expect_value_or_file_error([&] {
        const at::npz_file archive(stored.path(), {.decompressed_bytes = 1 << 20});
        for (const std::string& name : archive.names())
            expect_value_or_file_error([&] { (void)archive.read<double>(name); });
    });
}
