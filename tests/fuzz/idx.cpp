// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/data/mnist.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    const file stored(bytes);
    const at::read_limits limits{.decompressed_bytes = 1 << 20};
    expect_value_or_file_error([&] { (void)at::parse_idx(bytes, "memory"); });
    expect_value_or_file_error([&] { (void)at::read_idx<double>(stored.path(), limits); });
    expect_value_or_file_error(
        [&] { (void)at::read_idx_dataset(stored.path(), stored.path(), {.padding = 1, .limits = limits}); });
}
