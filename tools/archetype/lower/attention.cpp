// SPDX-License-Identifier: BSL-1.0
// Attention: what makes queries, keys and values becomes one matrix, what stands behind it part of the layer.
#include "attention.hpp"

#include "lowering.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace archetype::lower {

namespace {

constexpr std::string_view self_core = "scaled_dot_product_attention";
constexpr std::string_view cross_core = "attention to another sequence";

/// Columns of a dense layer that a value consists of.
struct columns_of_dense {
    std::size_t dense = 0;
    std::vector<std::size_t> columns;
};

std::int64_t number(const std::string& text) { return std::stoll(text); }

/// Numbers of elements of a value through a layer that only moves them; nothing if it does more.
std::optional<std::vector<std::size_t>> moved(const layer& by, const shape_type& from,
                                              const std::vector<std::size_t>& ids) {
    if (by.type == "reshape" || by.type == "flatten") return ids;
    if (by.type == "permute") {
        std::vector<std::size_t> stride(from.size(), 1);
        for (std::size_t k = from.size(); k-- > 1;)
            stride[k - 1] = stride[k] * static_cast<std::size_t>(from[k]);
        std::vector<std::size_t> made{0};
        for (const std::string& axis : by.arguments) {
            const auto of = static_cast<std::size_t>(number(axis) - 1);
            std::vector<std::size_t> next;
            for (const std::size_t base : made)
                for (std::size_t k = 0; k < static_cast<std::size_t>(from[of]); ++k)
                    next.push_back(base + k * stride[of]);
            made = std::move(next);
        }
        for (std::size_t& one : made) one = ids[one];
        return made;
    }
    if (by.type != "slice" && by.type != "chunk") return std::nullopt;
    const std::size_t axis =
        by.arguments[0] == "-1" ? from.size() - 1 : static_cast<std::size_t>(number(by.arguments[0]) - 1);
    const std::int64_t extent = from[axis];
    std::int64_t first = number(by.arguments[1]);
    std::int64_t step = 1;
    std::int64_t count = by.shape[axis];
    if (by.type == "chunk")
        first *= count;
    else if (by.arguments.size() > 3)
        step = number(by.arguments[3]);
    std::int64_t before = 1;
    std::int64_t after = 1;
    for (std::size_t k = 0; k < axis; ++k) before *= from[k];
    for (std::size_t k = axis + 1; k < from.size(); ++k) after *= from[k];
    std::vector<std::size_t> made;
    for (std::int64_t b = 0; b < before; ++b)
        for (std::int64_t k = 0; k < count; ++k)
            for (std::int64_t a = 0; a < after; ++a)
                made.push_back(ids[static_cast<std::size_t>((b * extent + first + k * step) * after + a)]);
    return made;
}

/// A value {steps, channels} as columns of the dense layer that it comes from.
std::optional<columns_of_dense> columns_of(const lowering& to, std::size_t from, std::int64_t steps,
                                           node_set& sources) {
    std::vector<std::size_t> chain;
    while (to.at(from).type != "dense") {
        const layer& one = to.at(from);
        if (one.inputs.size() != 1 || one.kind != layer::kinds::plain) return std::nullopt;
        chain.push_back(from);
        sources.insert(one.sources.begin(), one.sources.end());
        from = one.inputs[0];
    }
    const layer& dense = to.at(from);
    sources.insert(dense.sources.begin(), dense.sources.end());
    const std::int64_t size =
        std::accumulate(dense.shape.begin(), dense.shape.end(), std::int64_t{1}, std::multiplies<>());
    const std::int64_t units = dense.shape.back();
    if (size != steps * units) return std::nullopt;
    std::vector<std::size_t> ids(static_cast<std::size_t>(size));
    std::iota(ids.begin(), ids.end(), std::size_t{0});
    shape_type shape = dense.shape;
    for (std::size_t k = chain.size(); k-- > 0;) {
        auto next = moved(to.at(chain[k]), shape, ids);
        if (!next) return std::nullopt;
        ids = std::move(*next);
        shape = to.at(chain[k]).shape;
    }
    const std::size_t width = ids.size() / static_cast<std::size_t>(steps);
    columns_of_dense made{from, {ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(width)}};
    for (std::size_t k = 0; k < ids.size(); ++k)
        if (ids[k] != k / width * static_cast<std::size_t>(units) + made.columns[k % width])
            return std::nullopt;
    return made;
}

struct factored {
    columns_of_dense of;
    double factor = 1;
};

/// One dense layer with columns of several that read the same value.
std::size_t joined(lowering& to, const std::vector<factored>& parts, std::int64_t steps,
                   const node_set& sources) {
    const layer& first = to.at(parts[0].of.dense);
    const std::int64_t in = first.tensors[0].shape[0];
    std::int64_t out = 0;
    bool has_bias = false;
    for (const factored& one : parts) {
        out += static_cast<std::int64_t>(one.of.columns.size());
        has_bias = has_bias || to.at(one.of.dense).tensors.size() > 1;
    }
    std::vector<float> kernel(static_cast<std::size_t>(in * out));
    std::vector<float> bias(static_cast<std::size_t>(out));
    std::size_t at = 0;
    for (const factored& one : parts) {
        const layer& from = to.at(one.of.dense);
        const auto units = static_cast<std::size_t>(from.tensors[0].shape[1]);
        for (const std::size_t column : one.of.columns) {
            for (std::size_t i = 0; i < static_cast<std::size_t>(in); ++i)
                kernel[i * static_cast<std::size_t>(out) + at] =
                    static_cast<float>(from.tensors[0].numbers[i * units + column] * one.factor);
            if (from.tensors.size() > 1)
                bias[at] = static_cast<float>(from.tensors[1].numbers[column] * one.factor);
            ++at;
        }
    }
    std::vector<tensor> tensors{{"kernel", {in, out}, std::move(kernel)}};
    std::vector<std::string> arguments{std::to_string(out), "at::last_axis"};
    if (has_bias)
        tensors.push_back({"bias", {out}, std::move(bias)});
    else
        arguments.emplace_back("at::no_bias");
    const std::size_t from = to.with_shape(first.inputs[0], {steps, in});
    const std::string name = first.name;
    const std::size_t made = to.add("dense", arguments, {from}, {steps, out}, std::move(tensors));
    if (parts.size() == 1 || std::all_of(parts.begin(), parts.end(), [&](const factored& one) {
            return one.of.dense == parts[0].of.dense;
        }))
        to.at(made).name = name;
    to.at(made).sources.insert(sources.begin(), sources.end());
    return made;
}

/// How many steps a constant mask lets a query see, or what it does else.
struct seen_keys {
    bool fits = true, causal = false;
    std::int64_t window = 0;  ///< 0: no end
};

seen_keys seen_by(const std::vector<bool>& hidden, std::int64_t steps) {
    const auto at = [&](std::int64_t t, std::int64_t k) {
        return hidden[static_cast<std::size_t>(t * steps + k)];
    };
    seen_keys made;
    made.causal = steps > 1 && at(0, 1);
    if (!made.causal)
        for (std::int64_t t = 0; t < steps && !made.causal; ++t)
            for (std::int64_t k = t + 1; k < steps; ++k) made.causal = made.causal || at(t, k);
    // With a window both ends have one length; a causal one hides all that is later.
    for (std::int64_t w = 1; w <= steps; ++w)
        for (const bool causal : {false, true}) {
            bool same = true;
            for (std::int64_t t = 0; t < steps && same; ++t)
                for (std::int64_t k = 0; k < steps && same; ++k)
                    same = at(t, k) == (t - k >= w || (causal ? k > t : k - t >= w));
            if (same) return {true, causal, w == steps ? 0 : w};
        }
    made.fits = false;
    return made;
}

bool attention(lowering& to) {
    if (to.node().operation != "Attention") return false;
    for (const std::size_t k : {4U, 5U, 6U})
        if (to.has(k)) return to.refuse("no keys and values of earlier steps, and all of the sequence");
    for (std::size_t k = 1; k < to.node().outputs.size(); ++k)
        if (to.node().outputs[k] != graph::no_value && to.is_read(to.node().outputs[k]))
            return to.refuse("one result");
    for (const std::size_t k : {0U, 1U, 2U})
        if (to.is_constant(k) || to.shape(k).size() != 4)
            return to.refuse("queries, keys and values of four axes that are no constants");
    const shape_type& q = to.shape(0);
    const shape_type& k_shape = to.shape(1);
    const std::int64_t heads = q[1];
    const std::int64_t shared = k_shape[1];
    const std::int64_t steps = q[2];
    const std::int64_t keys = k_shape[2];
    const std::int64_t size = q[3];
    if (q[0] != 1) return to.refuse("one sample at a time");
    if (to.shape(2)[3] != size) return to.refuse("heads of queries and values of one size");
    if (to.shape(2)[1] != shared) return to.refuse("as many heads of values as of keys");
    const double usual = 1 / std::sqrt(static_cast<double>(size));
    const double factor = rewrite::number_of(to.node(), "scale", usual) / usual;
    // The mask: a constant, or of keys.
    std::vector<std::string> options;
    bool has_mask = false;
    bool causal = to.integer("is_causal", 0) != 0;
    if (causal && steps != keys) return to.refuse("a causal mask of one sequence");
    if (to.has(3) && to.is_constant(3)) {
        const array mask = to.graph().constants.at(to.node().inputs[3]);
        const auto numbers = evaluate::all_reals(mask);
        const std::size_t plane = static_cast<std::size_t>(steps * keys);
        if (steps != keys || mask.shape.size() < 2 || mask.shape.back() != keys ||
            mask.shape[mask.shape.size() - 2] != steps)
            return to.refuse("a mask of all steps of one sequence");
        std::vector<bool> hidden(plane);
        const bool whole = graph::is_whole(mask.type);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const bool hides = whole ? numbers[i] == 0 : numbers[i] <= -1000;
            if ((!whole && !hides && numbers[i] != 0) || (i >= plane && hidden[i % plane] != hides))
                return to.refuse("a mask that hides steps, of all heads alike");
            hidden[i % plane] = hides;
        }
        for (std::int64_t t = 0; t < steps; ++t)
            for (std::int64_t k = t + 1; causal && k < keys; ++k)
                hidden[static_cast<std::size_t>(t * keys + k)] = true;
        const seen_keys seen = seen_by(hidden, steps);
        if (!seen.fits) return to.refuse("a mask that hides what is later, or outside a window");
        causal = seen.causal;
        if (seen.window != 0) options.push_back("at::window<" + std::to_string(seen.window) + ">");
    } else if (to.has(3)) {
        if (*graph::element_count(to.shape(3)) != keys || to.shape(3).back() != keys ||
            to.graph().types.at(to.node().inputs[3]) != graph::element_type::boolean)
            return to.refuse("a mask that is constant, or says of each key whether it is seen");
        has_mask = true;
    }
    if (causal) options.insert(options.begin(), "at::causal");
    if (shared != heads) options.push_back("at::key_value_heads<" + std::to_string(shared) + ">");
    const bool is_plain = options.size() == (shared != heads ? 1U : 0U);
    if (const double bound = rewrite::number_of(to.node(), "softcap", 0); bound != 0)
        options.push_back("at::softcap<" + literal(bound) + ">");
    // {steps, heads * channels}
    std::vector<std::size_t> layers;
    for (const std::size_t k : {0U, 1U, 2U}) {
        value_place& from = to.in(k);
        layout where = merged(from.where);
        std::vector<std::size_t> order = where.axes[2];
        order.insert(order.end(), where.axes[1].begin(), where.axes[1].end());
        order.insert(order.end(), where.axes[3].begin(), where.axes[3].end());
        const auto ordered = to.with_order(from.layer, where, order);
        if (!ordered) return to.refuse_order(k, "steps, heads, channels");
        layers.push_back(to.with_shape(*ordered, {to.shape(k)[2], to.shape(k)[1] * size}));
    }
    std::vector<node_set> sources(3);
    std::vector<std::optional<columns_of_dense>> columns;
    for (std::size_t k = 0; k < 3; ++k)
        columns.push_back(columns_of(to, layers[k], to.shape(k)[2], sources[k]));
    const auto same = [&](std::size_t a, std::size_t b) {
        return columns[a] && columns[b] &&
               to.at(columns[a]->dense).inputs[0] == to.at(columns[b]->dense).inputs[0];
    };
    const auto together = [&](std::initializer_list<std::size_t> which) {
        std::vector<factored> parts;
        node_set all;
        for (const std::size_t k : which) {
            parts.push_back({*columns[k], k == 0 && std::abs(factor - 1) > 1e-6 ? factor : 1});
            all.insert(sources[k].begin(), sources[k].end());
        }
        return joined(to, parts, to.shape(*which.begin())[2], all);
    };
    std::vector<std::size_t> inputs;
    std::string type(self_core);
    const bool one_sequence = same(0, 1) && same(0, 2) && steps == keys;
    if (one_sequence) {
        inputs.push_back(together({0, 1, 2}));
    } else if (steps != keys || (same(1, 2) && columns[0] && is_plain)) {
        if (!same(1, 2) || !columns[0])
            return to.refuse(
                "queries, and keys and values, that are products with matrices of two sequences");
        type = cross_core;
        inputs.push_back(together({0}));
        inputs.push_back(together({1, 2}));
    } else {
        if (std::abs(factor - 1) > 1e-6) {
            const std::size_t scaled = to.add("activation", {}, {layers[0]}, to.at(layers[0]).shape);
            to.at(scaled).formula = "x * " + literal(factor);
            layers[0] = scaled;
        }
        inputs.push_back(
            to.add("concatenate", {}, layers, {steps, (heads + 2 * shared) * size}, {}, layer::kinds::join));
    }
    if (has_mask) inputs.push_back(to.with_shape(to.in(3).layer, {keys}));
    std::vector<std::string> arguments{std::to_string(heads)};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const std::size_t made = to.add(type, arguments, inputs, {steps, heads * size});
    layout where = in_order({steps, heads, size});
    where.axes = {{}, where.axes[1], where.axes[0], where.axes[2]};
    to.give(made, where);
    return true;
}

}  // namespace

const std::map<std::string_view, lower_function>& attention_operators() {
    static const std::map<std::string_view, lower_function> table{{"Attention", attention}};
    return table;
}

void finish_attention(lowered& made) {
    std::vector<layer>& layers = made.net.layers;
    std::vector<std::vector<std::size_t>> readers(layers.size());
    for (std::size_t k = 0; k < layers.size(); ++k)
        for (const std::size_t from : layers[k].inputs) readers[from].push_back(k);
    for (const end& one : made.net.outputs) readers[one.layer].push_back(layers.size());
    const auto only_reader = [&](std::size_t k) {
        return readers[k].size() == 1 ? readers[k][0] : layers.size();
    };
    std::vector<bool> gone(layers.size(), false);
    std::vector<layer> finished;
    std::vector<std::size_t> now(layers.size());
    for (std::size_t k = 0; k < layers.size(); ++k) {
        const bool cross = layers[k].type == cross_core;
        if (!cross && layers[k].type != self_core) continue;
        const std::size_t count = cross ? 2 : 1;
        const std::size_t out = only_reader(k);
        bool whole = out < layers.size() && layers[out].type == "dense" && layers[out].shape.size() == 2;
        for (std::size_t i = 0; i < count; ++i) {
            const layer& in = layers[layers[k].inputs[i]];
            whole = whole && in.type == "dense" && only_reader(layers[k].inputs[i]) == k &&
                    in.tensors.size() == layers[out].tensors.size();
        }
        if (!whole) {
            if (cross)
                made.refused.push_back(
                    {"\"" + layers[k].name + "\"", "Attention", graph::shape_text(layers[k].shape),
                     "attention to another sequence between dense layers, all with a bias or none"});
            continue;
        }
        layer one = layers[out];
        const std::int64_t heads = number(layers[k].arguments[0]);
        const std::int64_t width = one.shape[1];
        const std::int64_t size = layers[k].shape[1] / heads;
        one.type = cross ? "cross_attention" : "self_attention";
        one.arguments = {std::to_string(width), layers[k].arguments[0]};
        one.inputs.clear();
        one.tensors.clear();
        static const char* const names[2][2] = {{"in_proj/", ""}, {"q_proj/", "kv_proj/"}};
        for (std::size_t i = 0; i < count; ++i) {
            layer& in = layers[layers[k].inputs[i]];
            one.inputs.push_back(in.inputs[0]);
            for (tensor& of : in.tensors) {
                one.tensors.push_back(std::move(of));
                one.tensors.back().name = names[cross ? 1 : 0][i] + one.tensors.back().name;
            }
            one.sources.insert(in.sources.begin(), in.sources.end());
            gone[layers[k].inputs[i]] = true;
        }
        for (tensor& of : layers[out].tensors) {
            one.tensors.push_back(std::move(of));
            one.tensors.back().name = "out_proj/" + one.tensors.back().name;
        }
        if (cross) one.arguments.emplace_back("@1");
        one.arguments.insert(one.arguments.end(), layers[k].arguments.begin() + 1, layers[k].arguments.end());
        if (size * heads != width) one.arguments.push_back("at::head_size<" + std::to_string(size) + ">");
        if (one.tensors.size() == count + 1) one.arguments.emplace_back("at::no_bias");
        if (layers[k].inputs.size() > count) {
            one.inputs.push_back(layers[k].inputs[count]);
            one.arguments.push_back("at::padding_mask<@" + std::to_string(count) + ">");
        }
        for (const std::string_view end : {"out_proj", "c_proj", "o_proj", "output/dense", "output.dense",
                                           "to_out.0", "proj", "dense", "o"})
            if (one.name.size() > end.size() + 1 && one.name.ends_with(end) &&
                (one.name[one.name.size() - end.size() - 1] == '/' ||
                 one.name[one.name.size() - end.size() - 1] == '.')) {
                one.name.resize(one.name.size() - end.size() - 1);
                break;
            }
        one.points = one.inputs.size() - 1;
        one.sources.insert(layers[k].sources.begin(), layers[k].sources.end());
        gone[k] = true;
        layers[out] = std::move(one);
    }
    for (std::size_t k = 0; k < layers.size(); ++k) {
        if (gone[k]) continue;
        layer& one = layers[k];
        for (std::size_t& from : one.inputs) from = now[from];
        if (one.type == self_core && one.inputs.size() == 2) {  // the mask as one more channel
            layer mask;
            mask.type = "reshape";
            mask.shape = {one.shape[0], 1};
            mask.arguments = {std::to_string(one.shape[0]), "1"};
            mask.inputs = {one.inputs[1]};
            mask.sources = one.sources;
            finished.push_back(std::move(mask));
            layer both;
            both.kind = layer::kinds::join;
            both.type = "concatenate";
            both.inputs = {one.inputs[0], finished.size() - 1};
            both.shape = finished[one.inputs[0]].shape;
            ++both.shape.back();
            both.sources = one.sources;
            finished.push_back(std::move(both));
            one.inputs = {finished.size() - 1};
            one.arguments.emplace_back("at::masked");
        }
        now[k] = finished.size();
        finished.push_back(std::move(one));
    }
    layers = std::move(finished);
    for (auto* ends : {&made.net.inputs, &made.net.outputs})
        for (end& one : *ends) one.layer = now[one.layer];
}

void drop_unused(lowered& made) {
    std::vector<layer>& layers = made.net.layers;
    std::vector<bool> wanted(layers.size(), false);
    for (const end& one : made.net.outputs) wanted[one.layer] = true;
    for (std::size_t k = layers.size(); k-- > 0;) {
        if (layers[k].kind == layer::kinds::input) wanted[k] = true;
        if (wanted[k])
            for (const std::size_t from : layers[k].inputs) wanted[from] = true;
    }
    node_set kept;
    node_set gone;
    for (std::size_t k = 0; k < layers.size(); ++k)
        (wanted[k] ? kept : gone).insert(layers[k].sources.begin(), layers[k].sources.end());
    for (const std::size_t one : kept) gone.erase(one);
    if (!gone.empty()) made.done.push_back({gone, "nobody reads what it gives"});
    std::vector<layer> left;
    std::vector<std::size_t> now(layers.size());
    for (std::size_t k = 0; k < layers.size(); ++k) {
        if (!wanted[k]) continue;
        for (std::size_t& from : layers[k].inputs) from = now[from];
        now[k] = left.size();
        left.push_back(std::move(layers[k]));
    }
    layers = std::move(left);
    for (auto* ends : {&made.net.inputs, &made.net.outputs})
        for (end& one : *ends) one.layer = now[one.layer];
}

}  // namespace archetype::lower
