// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/data/hdf5/hdf5_set.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    const file stored(bytes);
    expect_value_or_file_error([&] {
        const at::dataset data = at::read_hdf5_set(stored.path());
        if (data.labels.size() != data.size()) std::abort();
        for (const std::int32_t label : data.labels)
            if (label < 0) std::abort();
    });
    expect_value_or_file_error([&] {
        const at::hdf5_targets data = at::read_hdf5_targets(stored.path());
        if (data.targets.shape()[0] != data.samples.shape()[0]) std::abort();
    });
}
