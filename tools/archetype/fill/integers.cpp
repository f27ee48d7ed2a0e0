// SPDX-License-Identifier: BSL-1.0
// A file of a graph in 8 bits and a network of the library: both as layers, compared, and the integers of one for the other.
#include "../graph/onnx.hpp"
#include "matching.hpp"
#include "reading.hpp"

#include <algorithm>

namespace archetype::files {

namespace {

using rewrite::shape_type;

std::vector<shape_type> shapes_of_inputs(const graph::model& model) {
    std::vector<shape_type> made;
    for (const graph::value_id id : inputs_of(model)) {
        made.emplace_back();
        for (const graph::dimension& one : *model.values[id].shape)
            made.back().push_back(std::max<std::int64_t>(one.extent, 1));
    }
    return made;
}

integer_form form_of(const rewrite::byte_scale& by) {
    return {static_cast<float>(by.scale), static_cast<std::int32_t>(by.zero)};
}

/// What goes into a layer of the file stands for: some before it say nothing.
std::optional<integer_form> input_of(const layers& of, std::size_t layer) {
    const auto& all = of.made.net.layers;
    while (!all[layer].inputs.empty()) {
        layer = all[layer].inputs.front();
        if (all[layer].kind == lower::layer::kinds::input) break;
        if (of.integers[layer].result) return form_of(*of.integers[layer].result);
    }
    if (of.input) return form_of(*of.input);
    return std::nullopt;
}

integer_layer layer_of(const lower::layer_integers& file, const lower::layer_integers& own) {
    integer_layer made;
    if (file.result) made.result = form_of(*file.result);
    made.weights = file.weights;
    made.own_weights = own.weights;
    made.scales = file.scales;
    made.biases = file.biases;
    made.table = file.table;
    return made;
}

std::vector<problem> fill(const std::string& network, const std::string& path, format kind,
                          integer_layers& to) {
    std::vector<problem> found;
    std::vector<rewrite::refusal> refused;
    const graph::model own_model =
        graph::parse_onnx(std::as_bytes(std::span<const char>(network)), nullptr, "the network", {});
    const std::vector<shape_type> inputs = shapes_of_inputs(own_model);
    const layers mine = as_integer_layers(own_model, inputs, refused);
    report_refused(refused, "the network, ", found);
    if (!found.empty()) return found;

    const graph::model file = read(path, kind);
    report_unread(file, found);
    const layers theirs = as_integer_layers(file, inputs, refused);
    report_refused(refused, "node ", found);
    if (!found.empty()) return found;

    const side own{&mine.made.net, &mine.nodes}, other{&theirs.made.net, &theirs.nodes};
    const matching matched = match(own, other);
    if (!matched.problems.empty()) return matched.problems;
    to.input = form_of(theirs.input.value());
    for (std::size_t layer = 0; layer < own.net->layers.size(); ++layer) {
        const std::size_t partner = matched.partner[layer];
        if (partner == no_layer || own.net->layers[layer].kind == lower::layer::kinds::input) continue;
        integer_layer made = layer_of(theirs.integers[partner], mine.integers[layer]);
        made.path = path_of(own, layer);
        made.input = input_of(theirs, partner);
        to.layers.push_back(std::move(made));
    }
    return found;
}

}  // namespace

std::vector<problem> integers_from_file(const std::string& network, const std::string& path, format kind,
                                        integer_layers& to) {
    return without_throwing(path, [&] { return fill(network, path, kind, to); });
}

}  // namespace archetype::files
