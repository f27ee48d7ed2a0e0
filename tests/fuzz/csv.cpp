// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/data/csv.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    if (bytes.empty()) return;
    // The first byte chooses how the rest is read.
    const auto choice = std::to_integer<unsigned>(bytes[0]);
    const file stored(bytes.subspan(1));
    at::csv_options options{.delimiter = (choice & 1) != 0 ? ';' : ',', .header = (choice & 2) != 0};
    if ((choice & 4) != 0) options.label = (choice & 8) != 0 ? -1 : 0;
    if ((choice & 16) != 0) options.missing = -1;
    options.limits = {.decompressed_bytes = 1 << 18, .columns = 1000, .classes = 1000};
    expect_value_or_file_error([&] {
        const at::csv_table table = at::read_csv(stored.path(), options);
        at::csv_reader rows(stored.path(), options);
        std::size_t count = 0;
        while (rows.next()) {
            if (rows.values().size() != table.values.shape()[1]) std::abort();
            for (std::size_t i = 0; i < rows.values().size(); ++i)
                if (rows.values()[i] != table.values(count, i)) std::abort();
            ++count;
        }
        if (count != table.values.shape()[0]) std::abort();
    });
}
