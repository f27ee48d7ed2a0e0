// SPDX-License-Identifier: BSL-1.0
#include "same_form.hpp"

#include <algorithm>

namespace archetype::files {

namespace {

std::vector<std::int64_t> listed(const graph::node& of, std::string_view name, std::size_t count) {
    std::vector<std::int64_t> made = rewrite::integers_of(of, name);
    if (made.empty()) made.assign(count, 1);
    return made;
}

}  // namespace

void spell_out_padding(rewrite::network& of) {
    for (rewrite::step& step : of.steps) {
        graph::node& node = step.node;
        const std::string automatic = rewrite::text_of(node, "auto_pad", "NOTSET");
        const bool is_upper = automatic == "SAME_UPPER";
        const bool is_window =
            node.operation == "Conv" || node.operation == "MaxPool" || node.operation == "AveragePool";
        if (!is_window || (!is_upper && automatic != "SAME_LOWER")) continue;
        const rewrite::shape_type& in = of.shape(node.inputs[0]);
        const std::size_t axes = in.size() - 2;
        std::vector<std::int64_t> kernel = rewrite::integers_of(node, "kernel_shape");
        if (node.operation == "Conv") {
            const rewrite::shape_type& weights = of.shape(node.inputs[1]);
            kernel.assign(weights.begin() + 2, weights.end());
        }
        const auto strides = listed(node, "strides", axes);
        const auto dilations = listed(node, "dilations", axes);
        std::vector<std::int64_t> pads(2 * axes);
        for (std::size_t axis = 0; axis < axes; ++axis) {
            const std::int64_t extent = in[axis + 2];
            const std::int64_t out = (extent + strides[axis] - 1) / strides[axis];
            const std::int64_t reach = dilations[axis] * (kernel[axis] - 1) + 1;
            const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * strides[axis] + reach - extent);
            pads[axis] = is_upper ? total / 2 : total - total / 2;
            pads[axes + axis] = total - pads[axis];
        }
        node.attributes["auto_pad"] = std::string("NOTSET");
        node.attributes["pads"] = pads;
    }
}

void join_last_steps(lower::network& of) {
    std::vector<std::size_t> readers(of.layers.size());
    for (const lower::layer& one : of.layers)
        for (const std::size_t input : one.inputs) ++readers[input];
    for (const lower::end& one : of.outputs) readers[one.layer] += 2;
    for (lower::layer& vector : of.layers) {
        if (vector.type != "flatten" || vector.inputs.size() != 1) continue;
        const std::size_t cut = vector.inputs[0];
        const lower::layer& slice = of.layers[cut];
        if (slice.type != "slice" || slice.inputs.size() != 1 || readers[cut] != 1) continue;
        const std::size_t at = slice.inputs[0];
        lower::layer& steps = of.layers[at];
        const auto sequence =
            std::find(steps.arguments.begin(), steps.arguments.end(), "at::return_sequences");
        const bool is_reversed = std::find(steps.arguments.begin(), steps.arguments.end(), "at::reversed") !=
                                 steps.arguments.end();
        if (sequence == steps.arguments.end() || is_reversed || steps.states != 0 || readers[at] != 1 ||
            steps.shape.size() != 2)
            continue;
        const std::vector<std::string> last{"1", std::to_string(steps.shape[0] - 1)};
        if (slice.arguments != last || slice.shape.size() != 2 || slice.shape[1] != steps.shape[1]) continue;
        const std::int64_t units = steps.shape[1];
        steps.arguments.erase(sequence);
        vector = std::move(steps);
        vector.shape = {units};
        steps = lower::layer{};
        steps.type = "slice";  // nobody reads it
    }
}

}  // namespace archetype::files
