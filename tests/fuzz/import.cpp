// SPDX-License-Identifier: BSL-1.0
#include "evaluated.hpp"

#include "../../tools/archetype/graph/onnx.hpp"
#include "../../tools/archetype/graph/tflite.hpp"
#include "../../tools/archetype/lower/integers.hpp"
#include "../../tools/archetype/lower/lower.hpp"
#include "../../tools/archetype/lower/structure.hpp"
#include "../../tools/archetype/rewrite/integers.hpp"
#include "../../tools/archetype/rewrite/quantized_onnx.hpp"
#include "../../tools/archetype/rewrite/rewrite.hpp"

namespace {

namespace evaluate = archetype::evaluate;
namespace graph = archetype::graph;
namespace lower = archetype::lower;
namespace rewrite = archetype::rewrite;

constexpr std::int64_t most = 4096;

/// Inputs of a size that the limits below are made for.
bool has_small_inputs(const graph::model& file) {
    for (const graph::value_id id : file.main.inputs) {
        graph::shape_type shape;
        if (file.values[id].shape)
            for (const graph::dimension& one : *file.values[id].shape)
                shape.push_back(one.extent <= 0 ? 1 : one.extent);
        const auto count = graph::element_count(shape);
        if (!count || *count > most) return false;
    }
    return true;
}

evaluate::settings small_limits() {
    evaluate::settings limits;
    limits.most_elements = most;
    limits.most_products = 1 << 22;
    limits.most_nodes = 1000;
    return limits;
}

/// What `archetype import` does between the reader and the files that it writes.
void import(const graph::model& file) {
    std::vector<rewrite::refusal> refused;
    if (rewrite::has_quantized_activations(file)) {
        std::vector<std::string> notes;
        const graph::model integers =
            rewrite::with_integer_operators(file, {}, refused, notes, small_limits());
        if (refused.empty()) import(integers);
        return;
    }
    const bool narrow = rewrite::computes_in_8_bits(file);
    const graph::model numbers = narrow ? rewrite::with_real_numbers(file, refused) : file;
    const rewrite::network network = rewrite::rewritten(numbers, {}, refused, small_limits());
    lower::lowered made = lower::as_layers(network);
    if (!refused.empty() || !made.refused.empty()) return;
    for (const lower::layer& layer : made.net.layers)
        for (const lower::tensor& tensor : layer.tensors) (void)tensor.numbers.all();
    if (narrow) (void)lower::integers_of(made.net, file);
    (void)lower::structured(made.net);
}

}  // namespace

// Files of ONNX and of TFLite.
void fuzz::read(input bytes) {
    const auto owned = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    expect_value_or_file_error([&] {
        const graph::model file = graph::is_tflite(*owned)
                                      ? graph::parse_tflite(*owned, owned, "fuzz.tflite")
                                      : graph::parse_onnx(*owned, owned, "fuzz.onnx", "/nowhere");
        if (has_small_inputs(file)) import(file);
    });
}
