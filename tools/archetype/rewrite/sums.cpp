// SPDX-License-Identifier: BSL-1.0
// Sums along an axis of channels or steps: running sums as products with a triangle of ones, windows over channels (local response
// normalization) as sums of slices.
#include "nodes_instead.hpp"
#include "passes.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <string_view>

namespace archetype::rewrite {

namespace {

using integers = nodes_instead::integers;

/// CumSum: x times a triangle, the axis last.
std::vector<step> running_sum(network& of, const step& from) {
    const graph::node& node = from.node;
    const shape_type shape = of.shape(node.inputs[0]);
    const double* number = of.scalar(node.inputs.at(1));
    if (number == nullptr || of.constant(node.inputs[0]) != nullptr) return {};
    const auto rank = static_cast<std::int64_t>(shape.size());
    const auto given = static_cast<std::int64_t>(*number);
    if (given < -rank || given >= rank) return {};
    const auto axis = static_cast<std::size_t>(given < 0 ? given + rank : given);
    const auto extent = static_cast<std::size_t>(shape[axis]);
    if (extent > 1024) return {};  // the triangle would be larger than what it is for
    const bool exclusive = integer_of(node, "exclusive", 0) != 0;
    const bool reverse = integer_of(node, "reverse", 0) != 0;
    evaluate::reals triangle(extent * extent);
    for (std::size_t k = 0; k < extent; ++k)
        for (std::size_t at = 0; at < extent; ++at)
            triangle[k * extent + at] = (k == at ? !exclusive : (k < at) != reverse) ? 1 : 0;
    nodes_instead to(of, from);
    integers order;
    for (std::int64_t k = 0; k < rank; ++k) order.push_back(k);
    std::swap(order[axis], order.back());
    const value_id last = to.transpose(node.inputs[0], order);
    const auto size = static_cast<std::int64_t>(extent);
    const value_id sums =
        to.add("MatMul", {last, to.numbers("", {size, size}, std::move(triangle))}, of.shape(last));
    return to.done(to.transpose(sums, order));
}

/// The sum over a window along one axis, `before` and `after` cells of zeros around it.
value_id window_sum(network& of, nodes_instead& to, value_id from, std::size_t axis, std::int64_t window,
                    std::int64_t before, std::int64_t after) {
    if (before > 0 || after > 0) {
        integers pads(2 * of.shape(from).size(), 0);
        pads[axis] = before;
        pads[axis + of.shape(from).size()] = after;
        shape_type padded = of.shape(from);
        padded[axis] += before + after;
        from = to.add("Pad", {from, to.list(pads)}, padded);
    }
    const std::int64_t results = of.shape(from)[axis] - window + 1;
    value_id sum = to.slice(from, axis, 0, results);
    for (std::int64_t k = 1; k < window; ++k) {
        const value_id next = to.slice(from, axis, k, k + results);
        sum = to.add("Add", {sum, next}, of.shape(next));
    }
    return sum;
}

/// x / (bias + alpha / size * sum of squares of neighbouring channels) ^ beta
std::vector<step> local_response(network& of, const step& from) {
    const graph::node& node = from.node;
    const shape_type shape = of.shape(node.inputs[0]);
    const std::int64_t size = integer_of(node, "size", 0);
    if (shape.size() < 2 || size < 1 || size > 64 || of.constant(node.inputs[0]) != nullptr) return {};
    nodes_instead to(of, from);
    const value_id x = node.inputs[0];
    const value_id squares = to.add("Pow", {x, to.number(2)}, shape);
    const value_id sum = window_sum(of, to, squares, 1, size, (size - 1) / 2, size / 2);
    const double factor = number_of(node, "alpha", 1e-4) / static_cast<double>(size);
    const value_id scaled = to.add("Mul", {sum, to.number(factor)}, shape);
    const value_id base = to.add("Add", {scaled, to.number(number_of(node, "bias", 1))}, shape);
    const value_id power = to.add("Pow", {base, to.number(-number_of(node, "beta", 0.75))}, shape);
    to.add("Mul", {x, power}, shape);
    return to.done();
}

/// An average over images of three axes whose window is longer than 1 along the first of them alone, as PyTorch exports its local
/// response normalization: {1, 1, channels, rows, columns}.
std::vector<step> channel_average(network& of, const step& from) {
    const graph::node& node = from.node;
    const shape_type shape = of.shape(node.inputs[0]);
    const integers kernel = integers_of(node, "kernel_shape");
    if (shape.size() != 5 || kernel.size() != 3 || kernel[1] != 1 || kernel[2] != 1 || kernel[0] > 64)
        return {};
    for (const std::string_view name : {"strides", "dilations"})
        for (const std::int64_t one : integers_of(node, name))
            if (one != 1) return {};
    integers pads = integers_of(node, "pads");
    pads.resize(6, 0);
    const std::string automatic = text_of(node, "auto_pad", "NOTSET");
    if ((automatic != "NOTSET" && automatic != "VALID") || integer_of(node, "ceil_mode", 0) != 0 ||
        pads[1] != 0 || pads[2] != 0 || pads[4] != 0 || pads[5] != 0 ||
        ((pads[0] != 0 || pads[3] != 0) && integer_of(node, "count_include_pad", 0) == 0))
        return {};
    nodes_instead to(of, from);
    const value_id sum = window_sum(of, to, node.inputs[0], 2, kernel[0], pads[0], pads[3]);
    to.add("Mul", {sum, to.number(1.0 / static_cast<double>(kernel[0]))}, of.shape(node.outputs[0]));
    return to.done();
}

/// Numbers other than zero before and behind channels: zeros, and a sum.
std::vector<step> padded_channels(network& of, const step& from) {
    const graph::node& node = from.node;
    const shape_type shape = of.shape(node.inputs[0]);
    if (shape.size() < 3 || node.inputs.size() != 3 || text_of(node, "mode", "constant") != "constant")
        return {};
    const double* number = of.scalar(node.inputs[2]);
    const array* content = of.constant(node.inputs[1]);
    if (number == nullptr || *number == 0 || !std::isfinite(*number) || content == nullptr) return {};
    const integers pads = content->as_wholes();
    if (pads.size() != 2 * shape.size()) return {};
    for (std::size_t axis = 0; axis < pads.size(); ++axis)
        if (pads[axis] < 0 || (pads[axis] != 0 && axis % shape.size() != 1)) return {};
    const std::int64_t before = pads[1];
    const std::int64_t after = pads[1 + shape.size()];
    if (before + after == 0) return {};
    nodes_instead to(of, from);
    const shape_type out = of.shape(node.outputs[0]);
    const value_id zeros = to.add("Pad", {node.inputs[0], node.inputs[1]}, out);
    shape_type channels(shape.size(), 1);
    channels[1] = out[1];
    evaluate::reals terms(static_cast<std::size_t>(out[1]), 0.0);
    std::fill(terms.begin(), terms.begin() + before, *number);
    std::fill(terms.end() - after, terms.end(), *number);
    to.add("Add", {zeros, to.numbers("", channels, std::move(terms))}, out);
    return to.done();
}

/// A gather whose indices are {rows, columns} of every cell, column by column (an unfold without overlap): other axes for the same cells.
std::vector<step> turned_cells(network& of, const step& from) {
    const graph::node& node = from.node;
    const shape_type shape = of.shape(node.inputs[0]);
    const array* content = of.constant(node.inputs.at(1));
    const auto rank = static_cast<std::int64_t>(shape.size());
    const std::int64_t given = integer_of(node, "axis", 0);
    const auto axis = static_cast<std::size_t>(given < 0 ? given + rank : given);
    if (content == nullptr || content->shape.size() != 2 || axis >= shape.size() ||
        of.constant(node.inputs[0]) != nullptr || static_cast<std::int64_t>(content->size()) != shape[axis])
        return {};
    const std::int64_t rows = content->shape[0];
    const std::int64_t columns = content->shape[1];
    if (rows < 2 || columns < 2) return {};
    const auto& indices = content->as_wholes();
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t column = 0; column < columns; ++column)
            if (indices[static_cast<std::size_t>(row * columns + column)] != column * rows + row) return {};
    nodes_instead to(of, from);
    shape_type cut = shape;
    cut[axis] = columns;
    cut.insert(cut.begin() + static_cast<std::ptrdiff_t>(axis) + 1, rows);
    integers order;
    for (std::int64_t k = 0; k <= rank; ++k) order.push_back(k);
    std::swap(order[axis], order[axis + 1]);
    return to.done(to.transpose(to.reshape(node.inputs[0], cut), order));
}

}  // namespace

void spell_sums(network& of) {
    static const std::map<std::string_view, std::vector<step> (*)(network&, const step&)> table{
        {"CumSum", running_sum},
        {"LRN", local_response},
        {"AveragePool", channel_average},
        {"Pad", padded_channels},
        {"Gather", turned_cells}};
    std::vector<step> before = std::move(of.steps);
    of.steps.clear();
    for (step& one : before) {
        std::vector<step> instead;
        const graph::node& node = one.node;
        const auto found = table.find(node.operation);
        const bool is_ours = node.domain.empty() && node.outputs.size() == 1 && found != table.end();
        if (is_ours && graph::is_real(of.types.at(node.outputs[0])) && !of.has_scales())
            instead = found->second(of, one);
        if (instead.empty()) instead.push_back(std::move(one));
        std::move(instead.begin(), instead.end(), std::back_inserter(of.steps));
    }
}

}  // namespace archetype::rewrite
