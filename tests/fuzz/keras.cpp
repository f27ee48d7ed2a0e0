// SPDX-License-Identifier: BSL-1.0
// A layers model of TensorFlow.js: its JSON, a zero, and the bytes that every shard has. What the HDF Group's library reads of
// HDF5 is not part of it.
#include "evaluated.hpp"

#include "../../tools/archetype/graph/keras.hpp"

#include <algorithm>

void fuzz::read(input bytes) {
    read_and_evaluate(bytes, [](const auto& own, const auto&) {
        const auto end = std::find(own.begin(), own.end(), std::byte{0});
        const std::vector<std::byte> shard(end == own.end() ? end : end + 1, own.end());
        const auto text = static_cast<std::size_t>(end - own.begin());
        return graph::parse_tfjs(std::span(own).first(text), "fuzz.json",
                                 [&](const std::string&) { return shard; });
    });
}
