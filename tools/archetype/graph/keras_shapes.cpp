// SPDX-License-Identifier: BSL-1.0
// Layers of Keras that move elements, and those that join values.
#include "keras_graph.hpp"

#include <algorithm>

namespace archetype::graph::keras {

namespace {

using sizes = std::vector<std::int64_t>;

std::vector<symbol> flatten(call& at) {
    symbol x = at.only();
    if (at.is_channels_first()) x = at.to.channels_last(x);
    return {{at.to.node("Flatten", {x.id}, {{"axis", std::int64_t{1}}}), 2}};
}

std::vector<symbol> reshape(call& at) {
    const auto shape = at.config.wholes({"target_shape", "dims"});
    if (!shape) at.config.fail("a target_shape", "none");
    sizes whole{0};  // the samples stay
    for (const std::int64_t one : *shape) {
        if (one == 0 || one < -1) at.config.fail("extents above 0, or one of -1", std::to_string(one));
        whole.push_back(one);
    }
    return {{at.to.node("Reshape", {at.only().id, at.to.wholes(whole)}), static_cast<int>(whole.size())}};
}

std::vector<symbol> permute(call& at) {
    const symbol x = at.only();
    const auto axes = at.config.wholes({"dims"});
    sizes order{0};
    if (axes) order.insert(order.end(), axes->begin(), axes->end());
    sizes sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t k = 0; k < sorted.size(); ++k)
        if (sorted[k] != static_cast<std::int64_t>(k) || static_cast<int>(sorted.size()) != x.rank)
            at.config.fail("dims of " + std::to_string(x.rank - 1) + " axes", shape_text(order));
    return {{at.to.transpose(x.id, order), x.rank}};
}

/// Inputs with as many axes: the smaller ones get some behind the samples.
std::vector<value_id> as_wide(call& at, int& rank) {
    rank = 0;
    if (at.in.size() < 2) at.config.fail("two inputs or more", std::to_string(at.in.size()));
    for (const symbol& one : at.in) {
        if (one.rank < 0) throw unreadable{};
        rank = std::max(rank, one.rank);
    }
    std::vector<value_id> made;
    for (const symbol& one : at.in) {
        sizes axes;
        for (int axis = one.rank; axis < rank && one.rank > 0; ++axis) axes.push_back(axis - one.rank + 1);
        made.push_back(axes.empty() ? one.id : at.to.node("Unsqueeze", {one.id, at.to.wholes(axes)}));
    }
    return made;
}

std::vector<symbol> pairwise(call& at, const std::string& operation) {
    int rank = 0;
    const std::vector<value_id> all = as_wide(at, rank);
    value_id y = all[0];
    for (std::size_t k = 1; k < all.size(); ++k) y = at.to.node(operation, {y, all[k]});
    return {{y, rank}};
}
std::vector<symbol> many(call& at, const std::string& operation) {
    int rank = 0;
    return {{at.to.node(operation, as_wide(at, rank)), rank}};
}

std::vector<symbol> add(call& at) { return pairwise(at, "Add"); }
std::vector<symbol> multiply(call& at) { return pairwise(at, "Mul"); }
std::vector<symbol> subtract(call& at) {
    if (at.in.size() != 2) at.config.fail("two inputs", std::to_string(at.in.size()));
    return pairwise(at, "Sub");
}
std::vector<symbol> divide(call& at) { return pairwise(at, "Div"); }
std::vector<symbol> average(call& at) { return many(at, "Mean"); }
std::vector<symbol> maximum(call& at) { return many(at, "Max"); }
std::vector<symbol> minimum(call& at) { return many(at, "Min"); }

std::vector<symbol> concatenated(call& at, std::int64_t axis) {
    int rank = 0;
    std::vector<value_id> inputs;
    for (const symbol& one : at.in) {
        if (one.rank < 0) throw unreadable{};
        rank = one.rank;
        inputs.push_back(one.id);
    }
    if (axis < 0) axis += rank;
    if (axis < 1 || axis >= rank) at.config.fail("an axis behind the samples", std::to_string(axis));
    return {{at.to.node("Concat", inputs, {{"axis", axis}}), rank}};
}
std::vector<symbol> concatenate(call& at) {
    return concatenated(at, at.config.whole({"axis", "concat_axis"}, -1));
}

value_id unit_length(call& at, value_id x, std::int64_t axis) {
    const value_id square = at.to.node("ReduceSumSquare", {x, at.to.wholes({axis})});
    const value_id most = at.to.node("Max", {square, at.to.number(1e-12)});
    return at.to.node("Div", {x, at.to.node("Sqrt", {most})});
}

std::vector<symbol> dot(call& at) {
    if (at.in.size() != 2) at.config.fail("two inputs", std::to_string(at.in.size()));
    sizes axes = at.config.wholes({"axes", "dot_axes"}).value_or(sizes{-1});
    if (axes.size() == 1) axes.push_back(axes[0]);
    const bool normalize = at.config.truth({"normalize"}, false);
    value_id parts[2];
    for (std::size_t k = 0; k < 2; ++k) {
        const symbol& x = at.in[k];
        if (x.rank < 0) throw unreadable{};
        if (axes[k] < 0) axes[k] += x.rank;
        if (axes.size() != 2 || axes[k] < 1 || axes[k] >= x.rank || x.rank > 3)
            at.config.fail("one axis of each of two inputs of two or three axes", shape_text(axes));
        parts[k] = normalize ? unit_length(at, x.id, axes[k]) : x.id;
    }
    if (at.in[0].rank == 2 && at.in[1].rank == 2) {
        const value_id product = at.to.node("Mul", {parts[0], parts[1]});
        return {{at.to.node("ReduceSum", {product, at.to.wholes({1})}, {{"keepdims", std::int64_t{1}}}), 2}};
    }
    if (at.in[0].rank != 3 || at.in[1].rank != 3) at.config.fail("inputs of as many axes", "2 and 3");
    if (axes[0] == 1) parts[0] = at.to.transpose(parts[0], {0, 2, 1});
    if (axes[1] == 2) parts[1] = at.to.transpose(parts[1], {0, 2, 1});
    return {{at.to.node("MatMul", {parts[0], parts[1]}), 3}};
}

/// Keras 1: one layer for all joins.
std::vector<symbol> merge(call& at) {
    const std::string mode = at.config.text({"mode"}, "sum");
    at.config.skip({"mode_type", "output_shape", "output_shape_type", "node_indices", "tensor_indices",
                    "output_mask", "output_mask_type", "arguments"});
    if (mode != "concat") at.config.skip({"concat_axis"});
    if (mode != "dot" && mode != "cos") at.config.skip({"dot_axes"});
    if (mode == "sum") return add(at);
    if (mode == "mul") return multiply(at);
    if (mode == "ave") return average(at);
    if (mode == "max") return maximum(at);
    if (mode == "concat") return concatenate(at);
    at.config.fail("mode sum, mul, ave, max or concat", "\"" + mode + "\"");
}

}  // namespace

const std::map<std::string, layer_function, std::less<>>& shape_layers() {
    static const std::map<std::string, layer_function, std::less<>> table{
        {"Flatten", flatten}, {"Reshape", reshape}, {"Permute", permute}};
    return table;
}

const std::map<std::string, layer_function, std::less<>>& joining_layers() {
    static const std::map<std::string, layer_function, std::less<>> table{
        {"Add", add},         {"Subtract", subtract}, {"Multiply", multiply},       {"Average", average},
        {"Maximum", maximum}, {"Minimum", minimum},   {"Concatenate", concatenate}, {"Dot", dot},
        {"Merge", merge},     {"Divide", divide}};
    return table;
}

}  // namespace archetype::graph::keras
