// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/data/npy.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    const file stored(bytes);
    const at::read_limits limits{.decompressed_bytes = 1 << 20};
    expect_value_or_file_error([&] { (void)at::npy_array<double>(bytes, "memory"); });
    expect_value_or_file_error([&] { (void)at::read_npy<std::int64_t>(stored.path(), limits); });
    expect_value_or_file_error([&] { (void)at::read_npy<float, 2>(stored.path(), limits); });
}
