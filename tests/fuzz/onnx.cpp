// SPDX-License-Identifier: BSL-1.0
#include "evaluated.hpp"

#include "../../tools/archetype/graph/onnx.hpp"

void fuzz::read(input bytes) {
    read_and_evaluate(bytes, [](const auto& own, const auto& owner) {
        return graph::parse_onnx(own, owner, "fuzz.onnx", "/nowhere");
    });
}
