// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/data/cifar.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    if (bytes.empty()) return;
    const file stored(bytes.subspan(1));
    const at::cifar_options options{.limits = {.decompressed_bytes = 1 << 16}};
    expect_value_or_file_error([&] {
        // The first byte says which of the two it is.
        const bool is_small = bytes[0] == std::byte{0};
        const at::dataset data = is_small
                                     ? at::read_cifar10({stored.path()}, options)
                                     : at::read_cifar100(stored.path(), at::cifar100_labels::coarse, options);
        for (const std::int32_t label : data.labels)
            if (label < 0 || label >= (is_small ? 10 : 20)) std::abort();
    });
}
