// SPDX-License-Identifier: BSL-1.0
// Attention of Keras, and dense layers by an equation.
#include "keras_graph.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace archetype::graph::keras {

namespace {

value_id constant(call& at, const std::string& name, weight from) {
    return at.to.constant(at.name_of(name), std::move(from.shape), std::move(from.values));
}

/// Heads of queries, keys and values, each with a dense layer of its own, and one for all behind them.
std::vector<symbol> with_heads(call& at, std::int64_t heads, std::int64_t shared, std::int64_t size,
                               std::int64_t value_size) {
    builder& to = at.to;
    const bool bias = at.config.truth({"use_bias"}, true);
    at.config.skip({"dropout", "seed", "flash_attention"});
    const auto output = at.config.wholes({"output_shape"});
    if (output && output->size() != 1) at.config.fail("an output_shape of one axis", shape_text(*output));
    if (const auto axes = at.config.wholes({"attention_axes"});
        axes && (axes->size() != 1 || (*axes)[0] != 1))
        at.config.fail("attention_axes of steps, [1]", shape_text(*axes));
    if (at.in.empty() || at.in.size() > 3)
        at.config.fail("a query, a value and perhaps a key", std::to_string(at.in.size()) + " tensors");
    for (const symbol& one : at.in) {
        if (one.rank < 0) throw unreadable{};
        if (one.rank != 3) at.config.fail("inputs of three axes", std::to_string(one.rank));
    }
    const symbol query = at.in[0];
    const symbol value = at.in.size() > 1 ? at.in[1] : query;
    const symbol key = at.in.size() > 2 ? at.in[2] : value;
    const auto project = [&](const symbol& from, const char* layer, std::int64_t count, std::int64_t width) {
        const std::string name(layer);
        const std::string outer = std::exchange(at.part, name + "_dense");
        std::vector<call::wanted> wanted{{"kernel", {-1, count, width}}};
        if (bias) wanted.push_back({"bias", {count, width}});
        std::vector<weight> read = at.read(wanted);
        at.part = outer;
        read[0].shape = {read[0].shape[0], count * width};
        value_id y = to.node("MatMul", {from.id, constant(at, name + "/kernel", std::move(read[0]))});
        if (bias) {
            read[1].shape = {count * width};
            y = to.node("Add", {y, constant(at, name + "/bias", std::move(read[1]))});
        }
        y = to.node("Reshape", {y, to.wholes({0, 0, count, width})});
        return to.transpose(y, {0, 2, 1, 3});
    };
    const value_id q = project(query, "query", heads, size);
    const value_id k = project(key, "key", shared, size);
    const value_id v = project(value, "value", shared, value_size);
    attributes given{{"scale", 1 / std::sqrt(static_cast<double>(size))}};
    if (at.flags.erase("use_causal_mask") != 0) given["is_causal"] = std::int64_t{1};
    value_id y = to.transpose(to.node("Attention", {q, k, v}, given), {0, 2, 1, 3});
    y = to.node("Reshape", {y, to.wholes({0, 0, heads * value_size})});
    const std::string outer = std::exchange(at.part, "output_dense");
    std::vector<call::wanted> wanted{{"kernel", {heads, value_size, output ? (*output)[0] : -1}}};
    if (bias) wanted.push_back({"bias", {-1}});
    std::vector<weight> read = at.read(wanted);
    at.part = outer;
    read[0].shape = {heads * value_size, read[0].shape[2]};
    y = to.node("MatMul", {y, constant(at, "attention_output/kernel", std::move(read[0]))});
    if (bias) y = to.node("Add", {y, constant(at, "attention_output/bias", std::move(read[1]))});
    return {{y, 3}};
}

std::vector<symbol> multi_head(call& at) {
    const std::int64_t heads = at.config.whole({"num_heads"});
    const std::int64_t size = at.config.whole({"key_dim"});
    const json* own = at.config.take({"value_dim"});
    const std::int64_t value_size = own == nullptr ? size : at.config.whole({"value_dim"});
    return with_heads(at, heads, heads, size, value_size);
}

std::vector<symbol> grouped_query(call& at) {
    const std::int64_t size = at.config.whole({"head_dim"});
    const std::int64_t heads = at.config.whole({"num_query_heads"});
    const std::int64_t shared = at.config.whole({"num_key_value_heads"});
    if (shared < 1 || heads % shared != 0)
        at.config.fail("a number of heads of keys that divides " + std::to_string(heads),
                       std::to_string(shared));
    return with_heads(at, heads, shared, size, size);
}

/// Dense layers by an equation: "...x,xy->...y" and its like.
std::vector<symbol> einsum_dense(call& at) {
    const std::string equation = at.config.text({"equation"}, "");
    const std::string axes = at.config.text({"bias_axes"}, "");
    at.config.skip({"output_shape"});
    at.config.expect("lora_rank", false);
    const symbol x = at.only();
    const std::size_t comma = equation.find(',');
    const std::size_t arrow = equation.find("->");
    if (comma == equation.npos || arrow == equation.npos || comma > arrow)
        at.config.fail("an equation of two operands", "\"" + equation + "\"");
    std::string in = equation.substr(0, comma);
    const std::string kernel = equation.substr(comma + 1, arrow - comma - 1);
    std::string out = equation.substr(arrow + 2);
    // Dots are the axes that are left, with letters that stand nowhere.
    if (in.starts_with("...") != out.starts_with("..."))
        at.config.fail("dots on both sides, at the beginning", "\"" + equation + "\"");
    if (in.starts_with("...")) {
        in.erase(0, 3);
        out.erase(0, 3);
        std::string free;
        for (char c = 'A'; static_cast<int>(in.size() + free.size()) < x.rank && c <= 'Z'; ++c)
            if (equation.find(c) == equation.npos) free += c;
        in = free + in;
        out = free + out;
    }
    if (static_cast<int>(in.size()) != x.rank)
        at.config.fail("an input of " + std::to_string(in.size()) + " axes", std::to_string(x.rank));
    std::vector<call::wanted> wanted{{"kernel", shape_type(kernel.size(), -1)}};
    if (!axes.empty()) wanted.push_back({"bias", shape_type(axes.size(), -1)});
    std::vector<weight> read = at.read(wanted);
    value_id y = at.to.node("Einsum", {x.id, constant(at, "kernel", std::move(read[0]))},
                            {{"equation", in + "," + kernel + "->" + out}});
    if (!axes.empty()) {
        // The bias has the axes of the result that it names, and 1 behind the first of them for the others.
        shape_type shape;
        std::size_t next = 0;
        for (const char c : out) {
            const bool named = axes.find(c) != axes.npos;
            if (named && (next >= axes.size() || axes[next] != c))
                at.config.fail("bias_axes in the order of the result", "\"" + axes + "\"");
            if (named)
                shape.push_back(read[1].shape[next++]);
            else if (!shape.empty())
                shape.push_back(1);
        }
        if (next != axes.size()) at.config.fail("bias_axes of the result", "\"" + axes + "\"");
        read[1].shape = shape;
        y = at.to.node("Add", {y, constant(at, "bias", std::move(read[1]))});
    }
    return {{at.activated(y), static_cast<int>(out.size())}};
}

std::vector<symbol> rms_normalization(call& at) {
    const double epsilon = at.config.number({"epsilon"}, 1e-6);
    const symbol x = at.only();
    std::vector<std::int64_t> axes = at.config.wholes({"axis"}).value_or(std::vector<std::int64_t>{-1});
    const auto count = static_cast<std::int64_t>(axes.size());
    for (std::int64_t i = 0; i < count; ++i) {  // the last ones, in their order
        const std::int64_t axis = axes[static_cast<std::size_t>(i)];
        if ((axis < 0 ? axis + x.rank : axis) != x.rank - count + i)
            at.config.fail("the last axes", shape_text(axes));
    }
    std::vector<weight> read = at.read({{"scale", std::vector<std::int64_t>(axes.size(), -1)}});
    return {{at.to.node("RMSNormalization", {x.id, constant(at, "scale", std::move(read[0]))},
                        {{"axis", -count}, {"epsilon", epsilon}}),
             x.rank}};
}

}  // namespace

const std::map<std::string, layer_function, std::less<>>& attention_layers() {
    static const std::map<std::string, layer_function, std::less<>> table{
        {"MultiHeadAttention", multi_head},
        {"GroupQueryAttention", grouped_query},
        {"GroupedQueryAttention", grouped_query},
        {"EinsumDense", einsum_dense},
        {"RMSNormalization", rms_normalization}};
    return table;
}

}  // namespace archetype::graph::keras
