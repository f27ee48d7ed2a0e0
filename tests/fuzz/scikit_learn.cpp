// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/data/scikit_learn.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    const file stored(bytes);
    expect_value_or_file_error([&] {
        const at::csv_table table = at::detail::read_scikit_learn_classes(stored.path());
        for (const std::int32_t label : table.labels)
            if (static_cast<std::size_t>(label) >= table.classes.size()) std::abort();
    });
}
