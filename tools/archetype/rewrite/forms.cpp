// SPDX-License-Identifier: BSL-1.0
// Operators in terms of those that layers are made of: reductions, repeated values, choices by constants, constants beside values.
#include "nodes_instead.hpp"
#include "passes.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

namespace archetype::rewrite {

namespace {

using integers = std::vector<std::int64_t>;

bool has(const graph::node& node, std::size_t k) {
    return k < node.inputs.size() && node.inputs[k] != no_value;
}

constexpr std::int64_t most_copies = 64;

/// Whether a value may hold infinity or NaN, so that a product with zero is not zero.
bool may_be_endless(network& of, value_id id) {
    const step* maker = of.producer(id);
    if (maker == nullptr || !maker->node.domain.empty()) return false;
    static const std::set<std::string, std::less<>> endless{"Div", "Log", "Sqrt", "Reciprocal",
                                                            "Pow", "Exp", "Where"};
    if (endless.contains(maker->node.operation)) return true;
    for (const value_id in : maker->node.inputs)
        if (const array* content = of.constant(in); content != nullptr && is_real(content->type)) {
            const auto numbers = evaluate::all_reals(*content);
            if (std::any_of(numbers.begin(), numbers.end(), [](double one) { return !std::isfinite(one); }))
                return true;
        }
    return false;
}

/// Norms and logarithms of sums, as sums.
std::vector<step> reduction(network& of, const step& from) {
    const graph::node& node = from.node;
    const std::string& name = node.operation;
    const value_id x = node.inputs[0];
    const shape_type in = of.shape(x);
    const shape_type out = of.shape(node.outputs[0]);
    nodes_instead to(of, from);
    std::vector<value_id> inputs{x};
    if (has(node, 1)) inputs.push_back(node.inputs[1]);
    attributes_map attributes = node.attributes;
    const auto sum = [&](value_id of_value, const char* operation = "ReduceSum") {
        inputs[0] = of_value;
        value_id made = to.add(operation, inputs, out, attributes);
        to.steps.back().node.version =
            node.version < 13 || !has(node, 1) ? std::min<std::int64_t>(node.version, 12) : node.version;
        return made;
    };
    if (name == "ReduceMin") {
        to.add("Neg", {sum(to.add("Neg", {x}, in), "ReduceMax")}, out);
    } else if (name == "ReduceL1") {
        sum(to.add("Abs", {x}, in));
    } else if (name == "ReduceSumSquare") {
        sum(to.add("Pow", {x, to.number(2)}, in));
    } else if (name == "ReduceL2") {
        to.add("Sqrt", {sum(to.add("Pow", {x, to.number(2)}, in))}, out);
    } else if (name == "ReduceLogSum") {
        to.add("Log", {sum(x)}, out);
    } else if (integer_of(node, "keepdims", 1) == 1 &&
               out.size() == in.size()) {  // ReduceLogSumExp, so that nothing overflows
        const value_id most = sum(x, "ReduceMax");
        const value_id all = sum(to.add("Exp", {to.add("Sub", {x, most}, in)}, in));
        to.add("Add", {to.add("Log", {all}, out), most}, out);
    } else {
        shape_type kept = in;
        integers axes = integers_of(node, "axes");
        if (has(node, 1) && of.constant(node.inputs[1]) != nullptr)
            axes = of.constant(node.inputs[1])->as_wholes();
        if (axes.empty())
            for (std::size_t k = 0; k < in.size(); ++k) axes.push_back(static_cast<std::int64_t>(k));
        for (const std::int64_t axis : axes)
            kept[static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(in.size()) : axis)] = 1;
        attributes["keepdims"] = std::int64_t{1};
        const auto with_axes = [&](value_id of_value, const char* operation) {
            inputs[0] = of_value;
            const value_id made = to.add(operation, inputs, kept, attributes);
            to.steps.back().node.version =
                node.version < 13 || !has(node, 1) ? std::min<std::int64_t>(node.version, 12) : node.version;
            return made;
        };
        const value_id most = with_axes(x, "ReduceMax");
        const value_id all = with_axes(to.add("Exp", {to.add("Sub", {x, most}, in)}, in), "ReduceSum");
        to.reshape(to.add("Add", {to.add("Log", {all}, kept), most}, kept), out);
        if (kept == out) return {};
    }
    return to.done();
}

/// The upper or lower triangle of matrices: a product with ones and zeros.
std::vector<step> triangle(network& of, const step& from) {
    const graph::node& node = from.node;
    const shape_type& shape = of.shape(node.inputs[0]);
    const double* shift = has(node, 1) ? of.scalar(node.inputs[1]) : nullptr;
    if (may_be_endless(of, node.inputs[0])) return {};
    if (shape.size() < 2 || (has(node, 1) && shift == nullptr) || !is_real(of.types.at(node.inputs[0])))
        return {};
    const std::int64_t rows = shape[shape.size() - 2];
    const std::int64_t columns = shape.back();
    const bool upper = integer_of(node, "upper", 1) != 0;
    const auto k = static_cast<std::int64_t>(shift == nullptr ? 0 : *shift);
    evaluate::reals mask;
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t column = 0; column < columns; ++column)
            mask.push_back((upper ? column - row >= k : column - row <= k) ? 1 : 0);
    nodes_instead to(of, from);
    to.add("Mul", {node.inputs[0], to.numbers("", {rows, columns}, std::move(mask))}, shape);
    return to.done();
}

/// Cells that are taken away are a slice.
std::vector<step> cropping(network& of, const step& from) {
    const graph::node& node = from.node;
    if (!has(node, 1) || of.constant(node.inputs[1]) == nullptr || has(node, 3)) return {};
    integers pads = of.constant(node.inputs[1])->as_wholes();
    const std::size_t rank = of.shape(node.inputs[0]).size();
    if (pads.size() != 2 * rank || std::none_of(pads.begin(), pads.end(), [](auto one) { return one < 0; }))
        return {};
    const std::string mode = text_of(node, "mode", "constant");
    nodes_instead to(of, from);
    value_id at = node.inputs[0];
    // A crop comes first, so that what is padded is what is left; by reflections that is another thing.
    if (mode != "constant" && std::any_of(pads.begin(), pads.end(), [](auto one) { return one > 0; }))
        return {};
    for (std::size_t axis = 0; axis < rank; ++axis) {
        const std::int64_t first = std::max<std::int64_t>(-pads[axis], 0);
        const std::int64_t last = of.shape(at)[axis] - std::max<std::int64_t>(-pads[axis + rank], 0);
        if (last <= first) return {};
        at = to.slice(at, axis, first, last);
    }
    for (std::int64_t& one : pads) one = std::max<std::int64_t>(one, 0);
    if (std::any_of(pads.begin(), pads.end(), [](auto one) { return one != 0; })) {
        std::vector<value_id> inputs = node.inputs;
        inputs[0] = at;
        inputs[1] = to.list(pads);
        to.add("Pad", inputs, of.shape(node.outputs[0]), node.attributes);
    }
    return to.done();
}

/// A value several times along its axes: concatenations of it. Where everybody who reads it repeats it anyway, the value itself.
std::vector<step> copies(network& of, const step& from) {
    const graph::node& node = from.node;
    const value_id x = node.inputs[0];
    const shape_type out = of.shape(node.outputs[0]);
    shape_type in = of.shape(x);
    if (in == out || of.constant(x) != nullptr) return {};
    static const std::set<std::string, std::less<>> pairwise{"Add", "Sub", "Mul", "Div", "Max", "Min"};
    nodes_instead to(of, from);
    if (node.operation == "Expand" && !of.is_output(node.outputs[0])) {
        const auto readers = of.readers(node.outputs[0]);
        const bool repeats =
            !readers.empty() && std::all_of(readers.begin(), readers.end(), [&](const step* one) {
                if (!one->node.domain.empty() || !pairwise.contains(one->node.operation) ||
                    one->node.inputs.size() != 2)
                    return false;
                const value_id other = one->node.inputs[one->node.inputs[0] == node.outputs[0] ? 1 : 0];
                return other != node.outputs[0] && of.shape(other) == of.shape(one->node.outputs[0]);
            });
        if (repeats) {
            of.shapes[node.outputs[0]] = in;
            to.steps.push_back(make_step("Identity", {x}, node.outputs[0], {}, from.sources, node.name));
            return std::move(to.steps);
        }
    }
    value_id at = x;
    if (in.size() < out.size()) {
        in.insert(in.begin(), out.size() - in.size(), 1);
        at = to.reshape(at, in);
    }
    for (std::size_t axis = 0; axis < in.size(); ++axis) {
        if (in[axis] == out[axis]) continue;
        if (in[axis] == 0 || out[axis] % in[axis] != 0 || out[axis] / in[axis] > most_copies) return {};
        const std::int64_t count = out[axis] / in[axis];
        in[axis] = out[axis];
        at = to.add("Concat", std::vector<value_id>(static_cast<std::size_t>(count), at), in,
                    {{"axis", static_cast<std::int64_t>(axis)}});
    }
    return to.done();
}

/// Cells in any order: runs that count on, one after the other.
std::vector<step> runs(network& of, const step& from) {
    const graph::node& node = from.node;
    const array* content = of.constant(node.inputs.at(1));
    if (content == nullptr || content->shape.size() != 1 || of.constant(node.inputs[0]) != nullptr) return {};
    const shape_type& in = of.shape(node.inputs[0]);
    const std::int64_t given = integer_of(node, "axis", 0);
    const auto axis =
        static_cast<std::size_t>(given < 0 ? given + static_cast<std::int64_t>(in.size()) : given);
    integers indices = content->as_wholes();
    for (std::int64_t& one : indices) one += one < 0 ? in.at(axis) : 0;
    const std::size_t count = indices.size();
    if (count < 2) return {};
    const std::int64_t step_size = indices[1] - indices[0];
    bool even = step_size != 0;
    for (std::size_t k = 2; k < count; ++k) even = even && indices[k] - indices[k - 1] == step_size;
    if (even && step_size == 1) return {};
    nodes_instead to(of, from);
    const auto here = static_cast<std::int64_t>(axis);
    if (even) {
        const std::int64_t end = indices.back() + (step_size > 0 ? 1 : -1);
        to.add("Slice",
               {node.inputs[0], to.list({indices[0]}), to.list({end < 0 ? -in[axis] - 1 : end}),
                to.list({here}), to.list({step_size})},
               of.shape(node.outputs[0]));
        return to.done();
    }
    std::vector<value_id> parts;
    for (std::size_t k = 0; k < count;) {
        std::size_t last = k + 1;
        while (last < count && indices[last] == indices[last - 1] + 1) ++last;
        parts.push_back(to.slice(node.inputs[0], axis, indices[k], indices[last - 1] + 1));
        k = last;
        if (parts.size() > static_cast<std::size_t>(most_copies)) return {};
    }
    if (parts.size() < 2) return {};
    to.add("Concat", parts, of.shape(node.outputs[0]), {{"axis", here}});
    return to.done();
}

/// A choice between a value and numbers by a constant condition: a product with ones and zeros, and a sum.
std::vector<step> known_choice(network& of, const step& from) {
    const graph::node& node = from.node;
    const array* condition = of.constant(node.inputs[0]);
    const shape_type& out = of.shape(node.outputs[0]);
    if (condition == nullptr || !is_real(of.types.at(node.outputs[0]))) return {};
    const auto chosen = evaluate::all_reals(*condition);
    nodes_instead to(of, from);
    const auto part = [&](std::size_t k,
                          bool wanted) -> std::optional<value_id> {  // zero where the other is chosen
        evaluate::reals mask;
        for (const double one : chosen) mask.push_back((one != 0) == wanted ? 1 : 0);
        const value_id id = node.inputs[k];
        if (const array* content = of.constant(id)) {
            // Sizes that fit the condition's.
            const auto numbers = evaluate::all_reals(*content);
            if (numbers.size() != 1 && content->shape != condition->shape) return std::nullopt;
            for (std::size_t i = 0; i < mask.size(); ++i) {
                const double one = numbers[numbers.size() == 1 ? 0 : i];
                if (mask[i] != 0 && !std::isfinite(one)) return std::nullopt;
                mask[i] = mask[i] == 0 ? 0 : one;
            }
            return to.numbers("", condition->shape, std::move(mask));
        }
        if (of.shape(id) != out || may_be_endless(of, id)) return std::nullopt;
        return to.add("Mul", {id, to.numbers("", condition->shape, std::move(mask))}, out);
    };
    if (of.constant(node.inputs[1]) != nullptr && of.constant(node.inputs[2]) != nullptr) return {};
    const auto yes = part(1, true);
    const auto no = part(2, false);
    if (!yes || !no) return {};
    to.add("Add", of.constant(*yes) != nullptr ? std::vector{*no, *yes} : std::vector{*yes, *no}, out);
    return to.done();
}

/// Constants beside one value in a concatenation: the value with zeros around it, and a sum. A single step before a sequence stays: that
/// is a class token.
std::vector<step> beside_constants(network& of, const step& from) {
    const graph::node& node = from.node;
    const shape_type out = of.shape(node.outputs[0]);
    if (!is_real(of.types.at(node.outputs[0])) || of.has_scales()) return {};
    const std::int64_t given = integer_of(node, "axis", 0);
    const auto axis =
        static_cast<std::size_t>(given < 0 ? given + static_cast<std::int64_t>(out.size()) : given);
    std::size_t variables = 0;
    bool zeros = true;
    for (const value_id id : node.inputs) {
        const array* content = of.constant(id);
        if (content == nullptr) {
            ++variables;
            continue;
        }
        const auto numbers = evaluate::all_reals(*content);
        zeros = zeros && std::all_of(numbers.begin(), numbers.end(), [](double one) { return one == 0; });
    }
    if (variables == 0 || variables == node.inputs.size() || (zeros && variables == 1)) return {};
    if (node.inputs.size() == 2 && out.size() == 3 && out[0] == 1 && axis == 1 &&
        of.constant(node.inputs[0]) != nullptr && of.shape(node.inputs[0])[1] == 1)
        return {};
    nodes_instead to(of, from);
    std::vector<value_id> parts;
    for (std::size_t k = 0; k < node.inputs.size();) {
        // Constants before a value, and behind the last one, are part of it.
        std::size_t first = k;
        while (of.constant(node.inputs[k]) != nullptr) ++k;
        const value_id x = node.inputs[k++];
        std::size_t last = k;
        bool ends = true;
        for (std::size_t i = k; i < node.inputs.size(); ++i)
            ends = ends && of.constant(node.inputs[i]) != nullptr;
        if (ends) last = k = node.inputs.size();
        if (last - first == 1) {
            parts.push_back(x);
            continue;
        }
        shape_type shape = of.shape(x);
        integers pads(2 * shape.size(), 0);
        std::int64_t before = 1;
        std::int64_t after = 1;
        for (std::size_t i = 0; i < axis; ++i) before *= shape[i];
        for (std::size_t i = axis + 1; i < shape.size(); ++i) after *= shape[i];
        bool behind = false;
        std::int64_t extent = 0;
        for (std::size_t i = first; i < last; ++i) {
            const std::int64_t own = of.shape(node.inputs[i])[axis];
            extent += own;
            if (node.inputs[i] == x)
                behind = true;
            else
                pads[behind ? axis + shape.size() : axis] += own;
        }
        evaluate::reals numbers;
        bool any = false;
        for (std::int64_t b = 0; b < before; ++b)
            for (std::size_t i = first; i < last; ++i) {
                const std::int64_t own = of.shape(node.inputs[i])[axis] * after;
                const array* content = of.constant(node.inputs[i]);
                const auto all = content == nullptr ? evaluate::reals{} : evaluate::all_reals(*content);
                for (std::int64_t n = 0; n < own; ++n) {
                    numbers.push_back(content == nullptr ? 0 : all[static_cast<std::size_t>(b * own + n)]);
                    any = any || numbers.back() != 0;
                }
            }
        shape[axis] = extent;
        value_id made = to.add("Pad", {x, to.list(pads)}, shape, {{"mode", std::string("constant")}});
        if (any) made = to.add("Add", {made, to.numbers("", shape, std::move(numbers))}, shape);
        parts.push_back(made);
    }
    if (parts.size() > 1) to.add("Concat", parts, out, {{"axis", static_cast<std::int64_t>(axis)}});
    return to.done();
}

/// A slope for each element: what is above zero, less what is below it times the slopes.
std::vector<step> slopes(network& of, const step& from) {
    const graph::node& node = from.node;
    const array* given = has(node, 1) ? of.constant(node.inputs[1]) : nullptr;
    if (given == nullptr || given->size() == 1) return {};
    if (std::count_if(given->shape.begin(), given->shape.end(), [](auto one) { return one != 1; }) < 2)
        return {};
    const shape_type shape = of.shape(node.inputs[0]);
    nodes_instead to(of, from);
    const value_id above = to.add("Relu", {node.inputs[0]}, shape);
    const value_id below = to.add("Relu", {to.add("Neg", {node.inputs[0]}, shape)}, shape);
    to.add("Sub", {above, to.add("Mul", {below, node.inputs[1]}, shape)}, shape);
    return to.done();
}

/// Channels turned by angles that the file gives: products with cosines and sines.
std::vector<step> rotation(network& of, const step& from) {
    const graph::node& node = from.node;
    const shape_type whole = of.shape(node.inputs[0]);
    for (std::size_t k = 1; k < node.inputs.size(); ++k)
        if (has(node, k) && of.constant(node.inputs[k]) == nullptr) return {};
    nodes_instead to(of, from);
    value_id x = node.inputs[0];
    const std::int64_t heads = integer_of(node, "num_heads", 0);
    if (whole.size() == 3) {
        if (heads < 1 || whole[2] % heads != 0) return {};
        x = to.transpose(to.reshape(x, {whole[0], whole[1], heads, whole[2] / heads}), {0, 2, 1, 3});
    }
    const shape_type shape = of.shape(x);
    if (shape.size() != 4 || shape[0] != 1) return {};
    const std::int64_t length = shape[2];
    const std::int64_t size = shape[3];
    const std::int64_t given = integer_of(node, "rotary_embedding_dim", 0);
    const std::int64_t turned = given == 0 ? size : given;
    const std::int64_t half = turned / 2;
    const bool interleaved = integer_of(node, "interleaved", 0) != 0;
    evaluate::reals tables[2];
    for (const std::size_t k : {0U, 1U}) {
        const auto all = evaluate::all_reals(*of.constant(node.inputs[k + 1]));
        for (std::int64_t t = 0; t < length; ++t) {
            const std::int64_t row =
                has(node, 3) ? of.constant(node.inputs[3])->as_wholes().at(static_cast<std::size_t>(t)) : t;
            for (std::int64_t i = 0; i < half; ++i)
                tables[k].push_back(all.at(static_cast<std::size_t>(row * half + i)));
        }
    }
    shape_type part = shape;
    part[3] = half;
    const shape_type table{length, half};
    const value_id cosines = to.numbers("", table, std::move(tables[0]));
    const value_id sines = to.numbers("", table, std::move(tables[1]));
    const auto every = [&](std::int64_t first) {
        return to.add("Slice", {x, to.list({first}), to.list({turned}), to.list({3}), to.list({2})}, part);
    };
    const value_id a = interleaved ? every(0) : to.slice(x, 3, 0, half);
    const value_id b = interleaved ? every(1) : to.slice(x, 3, half, turned);
    const value_id real =
        to.add("Sub", {to.add("Mul", {a, cosines}, part), to.add("Mul", {b, sines}, part)}, part);
    const value_id other =
        to.add("Add", {to.add("Mul", {a, sines}, part), to.add("Mul", {b, cosines}, part)}, part);
    shape_type both = shape;
    both[3] = turned;
    value_id made = no_value;
    if (interleaved) {
        shape_type single = part;
        single.push_back(1);
        shape_type pairs = part;
        pairs.push_back(2);
        const value_id stacked = to.add("Concat", {to.reshape(real, single), to.reshape(other, single)},
                                        pairs, {{"axis", std::int64_t{4}}});
        made = to.reshape(stacked, both);
    } else {
        made = to.add("Concat", {real, other}, both, {{"axis", std::int64_t{3}}});
    }
    if (turned != size)
        made = to.add("Concat", {made, to.slice(x, 3, turned, size)}, shape, {{"axis", std::int64_t{3}}});
    if (whole.size() == 3) made = to.reshape(to.transpose(made, {0, 2, 1, 3}), whole);
    return to.done(made);
}

/// Reshape, Transpose, Reshape that make channels of pixels (torch.nn.PixelUnshuffle): SpaceToDepth with its channels in another order.
bool unshuffle(network& of, std::size_t index) {
    const step last = of.steps[index];
    if (last.node.operation != "Reshape" || !last.node.domain.empty()) return false;
    const step* turn = of.producer(last.node.inputs[0]);
    if (turn == nullptr || turn->node.operation != "Transpose" || !of.is_private(last.node.inputs[0]))
        return false;
    const step* first = of.producer(turn->node.inputs[0]);
    if (first == nullptr || first->node.operation != "Reshape" || !of.is_private(turn->node.inputs[0]))
        return false;
    const shape_type in = of.shape(first->node.inputs[0]);
    const shape_type cut = of.shape(turn->node.inputs[0]);
    const shape_type out = of.shape(last.node.outputs[0]);
    if (in.size() != 4 || out.size() != 4 || cut.size() != 6 ||
        integers_of(turn->node, "perm") != integers{0, 1, 3, 5, 2, 4})
        return false;
    const std::int64_t block = cut[3];
    if (cut != shape_type{in[0], in[1], in[2] / block, block, in[3] / block, block} ||
        out != shape_type{in[0], in[1] * block * block, in[2] / block, in[3] / block})
        return false;
    step whole = last;
    whole.sources.insert(turn->sources.begin(), turn->sources.end());
    whole.sources.insert(first->sources.begin(), first->sources.end());
    nodes_instead to(of, whole);
    const value_id deep = to.add("SpaceToDepth", {first->node.inputs[0]}, out, {{"blocksize", block}});
    const value_id blocks = to.reshape(deep, {in[0], block, block, in[1], out[2], out[3]});
    to.add("Reshape", {to.transpose(blocks, {0, 3, 1, 2, 4, 5}), to.list(out)}, out);
    std::vector<step> made = to.done();
    of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(index));
    of.steps.insert(of.steps.begin() + static_cast<std::ptrdiff_t>(index), made.begin(), made.end());
    return true;
}

/// Reshape to groups, InstanceNormalization, Reshape back, and factors and terms of channels (torch.nn.GroupNorm): GroupNormalization.
bool group_norm(network& of, std::size_t index) {
    const step norm = of.steps[index];
    if (norm.node.operation != "InstanceNormalization" || !norm.node.domain.empty()) return false;
    const step* first = of.producer(norm.node.inputs[0]);
    if (first == nullptr || first->node.operation != "Reshape" || !of.is_private(norm.node.inputs[0]) ||
        !of.is_private(norm.node.outputs[0]))
        return false;
    const value_id x = first->node.inputs[0];
    const shape_type in = of.shape(x);
    const shape_type cut = of.shape(norm.node.inputs[0]);
    if (in.size() < 3 || in.size() > 5 || cut.size() != 3 || cut[0] != in[0] || cut[1] == 0 ||
        in[1] % cut[1] != 0)
        return false;
    const auto all = [&](value_id id, double wanted) {
        const array* content = of.constant(id);
        if (content == nullptr) return false;
        const auto numbers = evaluate::all_reals(*content);
        return std::all_of(numbers.begin(), numbers.end(), [&](double one) { return one == wanted; });
    };
    if (!all(norm.node.inputs[1], 1) || !all(norm.node.inputs[2], 0)) return false;
    const auto back = of.readers(norm.node.outputs[0]);
    if (back.size() != 1 || back[0]->node.operation != "Reshape" || of.shape(back[0]->node.outputs[0]) != in)
        return false;
    value_id result = back[0]->node.outputs[0];
    node_set sources = norm.sources;
    sources.insert(first->sources.begin(), first->sources.end());
    sources.insert(back[0]->sources.begin(), back[0]->sources.end());
    const auto channels = static_cast<std::size_t>(in[1]);
    evaluate::reals gamma(channels, 1.0);
    evaluate::reals beta(channels, 0.0);
    std::string name;
    for (const std::string_view wanted : {"Mul", "Add"}) {
        const auto next = of.readers(result);
        if (of.is_output(result) || next.size() != 1 || !next[0]->node.domain.empty() ||
            next[0]->node.operation != wanted)
            continue;
        const value_id other = next[0]->node.inputs[next[0]->node.inputs[0] == result ? 1 : 0];
        const array* content = of.constant(other);
        if (content == nullptr || of.shape(next[0]->node.outputs[0]) != in) continue;
        const std::size_t rank = content->shape.size();
        const bool by_channel = content->size() == channels && rank + 1 >= in.size() && rank <= in.size() &&
                                content->shape[rank + 1 - in.size()] == in[1];
        if (!by_channel) continue;
        (wanted == "Mul" ? gamma : beta) = evaluate::all_reals(*content);
        if (wanted == "Mul") name = of.model.values[other].name;
        sources.insert(next[0]->sources.begin(), next[0]->sources.end());
        result = next[0]->node.outputs[0];
    }
    step whole = norm;
    whole.sources = sources;
    whole.node.outputs = {result};
    const value_id scale = of.add_constant(name, array(element_type::float32, {in[1]}, std::move(gamma)));
    const value_id bias = of.add_constant("", array(element_type::float32, {in[1]}, std::move(beta)));
    step* maker = of.producer(result);
    *maker = make_step("GroupNormalization", {x, scale, bias}, result,
                       {{"epsilon", number_of(norm.node, "epsilon", 1e-5)}, {"num_groups", cut[1]}}, sources,
                       norm.node.name);
    of.note(sources, "together group normalization");
    return true;
}

/// (x - mean) / sqrt(variance + e) over any axes, with factors and terms or without: LayerNormalization of these axes, last. The same
/// without a mean: RMSNormalization.
class norm_finder {
public:
    explicit norm_finder(network& of) : of_(of) {}

    bool find(std::size_t index) {
        const step root = of_.steps[index];
        if (!is(root, "Div") && !is(root, "Mul")) return false;
        for (const std::size_t k : {0U, 1U}) {
            if (is(root, "Div") && k == 1) break;
            inside_ = {root.node.outputs[0]};
            const value_id x = root.node.inputs[k];
            const auto squares = deviation(root.node.inputs[1 - k], is(root, "Mul"));
            if (!squares) continue;
            value_id from = no_value;
            bool centered = false;
            if (*squares == x) {
                const step* minus = maker(x, "Sub");
                const step* mean = minus == nullptr ? nullptr : maker(minus->node.inputs[1], "ReduceMean");
                if (mean != nullptr && mean->node.inputs[0] == minus->node.inputs[0] &&
                    axes_of(*mean) == axes_) {
                    centered = true;
                    from = minus->node.inputs[0];
                    inside_.insert({x, minus->node.inputs[1]});
                } else {
                    from = x;
                }
            } else {  // a difference that is computed twice
                const step* minus = maker(x, "Sub");
                const step* again = maker(*squares, "Sub");
                if (minus == nullptr || again == nullptr || minus->node.inputs[0] != again->node.inputs[0])
                    continue;
                const step* mean = maker(minus->node.inputs[1], "ReduceMean");
                const step* other = maker(again->node.inputs[1], "ReduceMean");
                if (mean == nullptr || other == nullptr || mean->node.inputs[0] != minus->node.inputs[0] ||
                    axes_of(*mean) != axes_ || other->node.inputs[0] != minus->node.inputs[0] ||
                    axes_of(*other) != axes_)
                    continue;
                centered = true;
                from = minus->node.inputs[0];
                inside_.insert({x, *squares, minus->node.inputs[1], again->node.inputs[1]});
            }
            if (!closed(root.node.outputs[0])) continue;
            build(root, from, centered);
            return true;
        }
        return false;
    }

private:
    static bool is(const step& one, std::string_view operation) {
        return one.node.domain.empty() && one.node.operation == operation;
    }
    step* maker(value_id id, std::string_view operation) {
        step* one = of_.producer(id);
        return one != nullptr && is(*one, operation) ? one : nullptr;
    }
    std::vector<std::size_t> axes_of(const step& reduction) {
        integers axes = integers_of(reduction.node, "axes");
        if (reduction.node.inputs.size() > 1 && of_.constant(reduction.node.inputs[1]) != nullptr)
            axes = of_.constant(reduction.node.inputs[1])->as_wholes();
        std::vector<std::size_t> made;
        if (integer_of(reduction.node, "keepdims", 1) != 1) return made;
        const auto rank = static_cast<std::int64_t>(of_.shape(reduction.node.inputs[0]).size());
        for (const std::int64_t axis : axes)
            made.push_back(static_cast<std::size_t>(axis < 0 ? axis + rank : axis));
        std::sort(made.begin(), made.end());
        return made;
    }
    /// What is squared in sqrt(mean of squares + e), or in its reciprocal.
    std::optional<value_id> deviation(value_id id, bool reciprocal) {
        if (reciprocal) {
            const step* one = maker(id, "Reciprocal");
            if (one == nullptr) {
                one = maker(id, "Div");
                if (one == nullptr || of_.scalar(one->node.inputs[0]) == nullptr ||
                    *of_.scalar(one->node.inputs[0]) != 1)
                    return std::nullopt;
                inside_.insert(id);
                id = one->node.inputs[1];
            } else {
                inside_.insert(id);
                id = one->node.inputs[0];
            }
        }
        const step* root = of_.producer(id);
        if (root == nullptr) return std::nullopt;
        const bool power = is(*root, "Pow") && of_.scalar(root->node.inputs[1]) != nullptr &&
                           *of_.scalar(root->node.inputs[1]) == 0.5;
        if (!is(*root, "Sqrt") && !power) return std::nullopt;
        inside_.insert(id);
        const value_id sum_id = root->node.inputs[0];
        const step* sum = maker(sum_id, "Add");
        if (sum == nullptr) return std::nullopt;
        const std::size_t k = of_.scalar(sum->node.inputs[0]) != nullptr ? 0 : 1;
        const double* epsilon = of_.scalar(sum->node.inputs[k]);
        if (epsilon == nullptr) return std::nullopt;
        epsilon_ = *epsilon;
        const value_id mean_id = sum->node.inputs[1 - k];
        const step* mean = maker(mean_id, "ReduceMean");
        if (mean == nullptr) return std::nullopt;
        axes_ = axes_of(*mean);
        if (axes_.empty()) return std::nullopt;
        const value_id square_id = mean->node.inputs[0];
        inside_.insert({sum_id, mean_id, square_id});
        if (const step* square = maker(square_id, "Pow")) {
            const double* two = of_.scalar(square->node.inputs[1]);
            if (two == nullptr || *two != 2) return std::nullopt;
            return square->node.inputs[0];
        }
        if (const step* square = maker(square_id, "Mul");
            square != nullptr && square->node.inputs[0] == square->node.inputs[1])
            return square->node.inputs[0];
        return std::nullopt;
    }
    bool closed(value_id root) {
        for (const value_id id : inside_) {
            if (id == root) continue;
            if (of_.is_output(id)) return false;
            for (const step* reader : of_.readers(id))
                if (!inside_.contains(reader->node.outputs[0])) return false;
        }
        return true;
    }
    /// The constant with one number for each element of the axes, in their order.
    std::optional<evaluate::reals> by_axes(value_id id, const shape_type& shape) {
        const array* content = of_.constant(id);
        if (content == nullptr || content->shape.size() > shape.size() || !is_real(content->type))
            return std::nullopt;
        std::int64_t size = 1;
        for (const std::size_t axis : axes_) size *= shape[axis];
        const auto numbers = evaluate::all_reals(*content);
        if (numbers.size() == 1) return evaluate::reals(static_cast<std::size_t>(size), numbers[0]);
        const std::size_t missing = shape.size() - content->shape.size();
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            const std::int64_t extent = axis < missing ? 1 : content->shape[axis - missing];
            const bool own = std::find(axes_.begin(), axes_.end(), axis) != axes_.end();
            if (extent != (own ? shape[axis] : 1)) return std::nullopt;
        }
        return numbers;
    }
    void build(const step& root, value_id from, bool centered) {
        node_set sources;
        for (const step& one : of_.steps)
            if (inside_.contains(one.node.outputs[0])) sources.insert(one.sources.begin(), one.sources.end());
        const shape_type shape = of_.shape(from);
        std::int64_t size = 1;
        for (const std::size_t axis : axes_) size *= shape[axis];
        evaluate::reals gamma(static_cast<std::size_t>(size), 1.0);
        std::optional<evaluate::reals> beta;
        std::string name;
        value_id result = root.node.outputs[0];
        for (const std::string_view wanted : {"Mul", "Add"}) {
            const auto next = of_.readers(result);
            if (of_.is_output(result) || next.size() != 1 || !is(*next[0], wanted) ||
                of_.shape(next[0]->node.outputs[0]) != shape)
                continue;
            if (wanted == "Add" && !centered) continue;
            const value_id other = next[0]->node.inputs[next[0]->node.inputs[0] == result ? 1 : 0];
            const auto numbers = by_axes(other, shape);
            if (!numbers) continue;
            if (wanted == "Mul") {
                gamma = *numbers;
                name = of_.model.values[other].name;
            } else {
                beta = *numbers;
            }
            sources.insert(next[0]->sources.begin(), next[0]->sources.end());
            result = next[0]->node.outputs[0];
        }
        step whole = root;
        whole.sources = sources;
        whole.node.outputs = {result};
        nodes_instead to(of_, whole);
        // The axes last.
        integers order;
        integers back(shape.size());
        for (std::size_t axis = 0; axis < shape.size(); ++axis)
            if (std::find(axes_.begin(), axes_.end(), axis) == axes_.end())
                order.push_back(static_cast<std::int64_t>(axis));
        shape_type inner;
        for (const std::size_t axis : axes_) {
            order.push_back(static_cast<std::int64_t>(axis));
            inner.push_back(shape[axis]);
        }
        for (std::size_t k = 0; k < order.size(); ++k)
            back[static_cast<std::size_t>(order[k])] = static_cast<std::int64_t>(k);
        const bool moved = !std::is_sorted(order.begin(), order.end());
        const value_id in = moved ? to.transpose(from, order) : from;
        std::vector<value_id> inputs{in, to.numbers(name, inner, std::move(gamma))};
        if (beta) inputs.push_back(to.numbers("", inner, std::move(*beta)));
        const auto axis = -static_cast<std::int64_t>(axes_.size());
        value_id made = to.add(centered ? "LayerNormalization" : "RMSNormalization", inputs, of_.shape(in),
                               {{"axis", axis}, {"epsilon", epsilon_}});
        if (moved) made = to.transpose(made, back);
        std::vector<step> steps = to.done();
        for (std::size_t k = 0; k < of_.steps.size(); ++k)
            if (of_.steps[k].node.outputs[0] == result) {
                of_.steps.erase(of_.steps.begin() + static_cast<std::ptrdiff_t>(k));
                of_.steps.insert(of_.steps.begin() + static_cast<std::ptrdiff_t>(k), steps.begin(),
                                 steps.end());
                break;
            }
        of_.note(sources, centered ? "together layer normalization" : "together RMS normalization");
    }

    network& of_;
    std::set<value_id> inside_;
    std::vector<std::size_t> axes_;
    double epsilon_ = 0;
};

}  // namespace

void spell_forms(network& of) {
    static const std::map<std::string_view, std::vector<step> (*)(network&, const step&)> table{
        {"PRelu", slopes},
        {"RotaryEmbedding", rotation},
        {"ReduceMin", reduction},
        {"ReduceL1", reduction},
        {"ReduceL2", reduction},
        {"ReduceSumSquare", reduction},
        {"ReduceLogSum", reduction},
        {"ReduceLogSumExp", reduction},
        {"Trilu", triangle},
        {"Pad", cropping},
        {"Tile", copies},
        {"Expand", copies},
        {"Gather", runs},
        {"Where", known_choice},
        {"Concat", beside_constants}};
    for (std::size_t k = 0; k < of.steps.size(); ++k) {
        const step one = of.steps[k];
        if (!one.node.domain.empty() || one.node.outputs.size() != 1 || one.node.inputs.empty()) continue;
        const auto found = table.find(one.node.operation);
        if (found == table.end()) continue;
        std::vector<step> made = found->second(of, one);
        if (made.empty()) continue;
        of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(k));
        of.steps.insert(of.steps.begin() + static_cast<std::ptrdiff_t>(k), made.begin(), made.end());
        k += made.size() - 1;
    }
    for (std::size_t k = 0; k < of.steps.size(); ++k) unshuffle(of, k);
    for (bool again = true; again;) {
        again = false;
        for (std::size_t k = 0; k < of.steps.size() && !again; ++k) again = group_norm(of, k);
        if (again) of.sweep("part of group normalization");
    }
    of.sort();
}

void find_norms(network& of) {
    for (bool again = true; again;) {
        again = false;
        for (std::size_t k = 0; k < of.steps.size() && !again; ++k) again = norm_finder(of).find(k);
        if (again) of.sweep("part of a normalization");
    }
    of.sort();
}

}  // namespace archetype::rewrite
