// SPDX-License-Identifier: BSL-1.0
#include "evaluated.hpp"

#include "../../tools/archetype/graph/onnx.hpp"
#include "../../tools/archetype/graph/tflite.hpp"
#include "../../tools/archetype/lower/structure.hpp"
#include "../../tools/archetype/rewrite/integers.hpp"
#include "../../tools/archetype/rewrite/rewrite.hpp"

// What stands behind the readers: a graph is rewritten, becomes layers, and these become the parts of a type.
void fuzz::read(input bytes) {
    namespace lower = archetype::lower;
    namespace rewrite = archetype::rewrite;
    const auto owned = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    expect_value_or_file_error([&] {
        const graph::model file = graph::is_tflite(*owned)
                                      ? graph::parse_tflite(*owned, owned, "fuzz.tflite")
                                      : graph::parse_onnx(*owned, owned, "fuzz.onnx", "/nowhere");
        for (const graph::value_id id : file.main.inputs) {  // of a size that the limits below are made for
            graph::shape_type shape;
            if (file.values[id].shape)
                for (const graph::dimension& one : *file.values[id].shape)
                    shape.push_back(one.extent <= 0 ? 1 : one.extent);
            const auto count = graph::element_count(shape);
            if (!count || *count > 4096) return;
        }
        evaluate::settings limits;
        limits.most_elements = 4096;
        limits.most_products = 1 << 22;
        limits.most_nodes = 1000;
        std::vector<rewrite::refusal> refused;
        const graph::model numbers =
            rewrite::computes_in_8_bits(file) ? rewrite::with_real_numbers(file, refused) : file;
        const rewrite::network graph = rewrite::rewritten(numbers, {}, refused, limits);
        const lower::lowered made = lower::as_layers(graph);
        if (refused.empty() && made.refused.empty()) (void)lower::structured(made.net);
    });
}
