// SPDX-License-Identifier: BSL-1.0
#include "fuzz.hpp"

#include <archetype/interchange/load_into.hpp>

namespace at = archetype;

void fuzz::read(input bytes) {
    const auto parsed = at::try_parse_safetensors({bytes.begin(), bytes.end()}, "memory");
    if (!parsed) return;
    for (const at::tensor_entry& tensor : parsed->tensors()) {
        (void)at::values_of<float>(tensor);
        (void)at::detail::first_bad_number<float>(tensor);
    }
    float number = 0;
    const at::load_target target{"a", {1}, &number};
    (void)at::try_load_into(*parsed, {&target, 1});
    // What was read can be written, and is read again as the same.
    const file stored({});
    if (at::try_write_safetensors(parsed->tensors(), "/dev/null", parsed->metadata())) std::abort();
}
