// SPDX-License-Identifier: BSL-1.0
#include "spellings.hpp"

#include "nodes_instead.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace archetype::rewrite {

namespace {

using integers = std::vector<std::int64_t>;

bool has(const graph::node& node, std::size_t k) {
    return k < node.inputs.size() && node.inputs[k] != no_value;
}
std::optional<integers> wholes(const network& of, const graph::node& node, std::size_t k) {
    const array* const content = has(node, k) ? of.constant(node.inputs[k]) : nullptr;
    if (content == nullptr || !graph::is_whole(content->type)) return std::nullopt;
    return content->as_wholes();
}
bool is_real_value(const network& of, value_id id) {
    const auto found = of.types.find(id);
    const array* const content = of.constant(id);
    return graph::is_real(content != nullptr        ? content->type
                          : found == of.types.end() ? element_type::none
                                                    : found->second);
}
/// The node with other inputs and attributes.
std::vector<step> same(const step& from, std::vector<value_id> inputs, attributes_map attributes,
                       std::vector<step> before) {
    step made = from;
    made.node.inputs = std::move(inputs);
    made.node.attributes = std::move(attributes);
    before.push_back(std::move(made));
    return before;
}

/// A matrix that is read by columns.
std::vector<step> product(network& of, const step& from) {
    if (integer_of(from.node, "transA", 0) == 0 || of.constant(from.node.inputs[0]) != nullptr) return {};
    nodes_instead to(of, from);
    attributes_map attributes = from.node.attributes;
    attributes["transA"] = std::int64_t{0};
    std::vector<value_id> inputs = from.node.inputs;
    inputs[0] = to.transpose(inputs[0], {1, 0});
    return same(from, std::move(inputs), std::move(attributes), std::move(to.steps));
}

/// Vectors are matrices of one row or column.
std::vector<step> vectors(network& of, const step& from) {
    if (from.node.inputs.size() != 2) return {};
    shape_type left = of.shape(from.node.inputs[0]);
    shape_type right = of.shape(from.node.inputs[1]);
    if (left.size() > 1 && right.size() > 1) return {};
    nodes_instead to(of, from);
    if (left.size() == 1) left.insert(left.begin(), 1);
    if (right.size() == 1) right.push_back(1);
    const bool matrices = left.size() == 2 || right.size() == 2;
    if (!matrices) return {};
    const value_id a = to.reshape(from.node.inputs[0], left);
    const value_id b = to.reshape(from.node.inputs[1], right);
    shape_type out = left.size() >= right.size() ? left : right;
    out[out.size() - 2] = left[left.size() - 2];
    out.back() = right.back();
    to.reshape(to.add("MatMul", {a, b}, out), of.shape(from.node.outputs[0]));
    return to.done();
}

/// Pads of some axes are pads of all.
std::vector<step> padding(network& of, const step& from) {
    const auto pads = wholes(of, from.node, 1);
    const auto axes = wholes(of, from.node, 3);
    if (!pads || !axes || pads->size() != 2 * axes->size()) return {};
    const std::size_t rank = of.shape(from.node.inputs[0]).size();
    integers all(2 * rank, 0);
    for (std::size_t k = 0; k < axes->size(); ++k) {
        const std::int64_t given = (*axes)[k];
        const auto axis =
            static_cast<std::size_t>(given < 0 ? given + static_cast<std::int64_t>(rank) : given);
        all.at(axis) = (*pads)[k];
        all.at(axis + rank) = (*pads)[k + axes->size()];
    }
    nodes_instead to(of, from);
    std::vector<value_id> inputs{from.node.inputs[0], to.list(all), from.node.inputs[2]};
    return same(from, std::move(inputs), from.node.attributes, {});
}

/// Negative padding of a convolution takes cells away.
std::vector<step> convolution(network& of, const step& from) {
    integers pads = integers_of(from.node, "pads");
    const shape_type& shape = of.shape(from.node.inputs[0]);
    if (pads.size() + 4 != 2 * shape.size() ||
        std::none_of(pads.begin(), pads.end(), [](auto one) { return one < 0; }))
        return {};
    nodes_instead to(of, from);
    value_id at = from.node.inputs[0];
    const std::size_t axes = shape.size() - 2;
    for (std::size_t axis = 0; axis < axes; ++axis) {
        const std::int64_t extent = of.shape(at)[axis + 2];
        at = to.slice(at, axis + 2, std::max<std::int64_t>(-pads[axis], 0),
                      extent - std::max<std::int64_t>(-pads[axis + axes], 0));
    }
    for (std::int64_t& one : pads) one = std::max<std::int64_t>(one, 0);
    std::vector<value_id> inputs = from.node.inputs;
    inputs[0] = at;
    attributes_map attributes = from.node.attributes;
    attributes["pads"] = pads;
    return same(from, std::move(inputs), std::move(attributes), std::move(to.steps));
}

/// A constant on the left of a difference or a quotient.
std::vector<step> constant_first(network& of, const step& from) {
    const graph::node& node = from.node;
    if (node.inputs.size() != 2 || of.constant(node.inputs[0]) == nullptr ||
        of.constant(node.inputs[1]) != nullptr || of.scalar(node.inputs[0]) != nullptr ||
        !is_real_value(of, node.inputs[1]) || of.has_scales())
        return {};
    nodes_instead to(of, from);
    const bool quotient = node.operation == "Div";
    const value_id turned =
        to.add(quotient ? "Reciprocal" : "Neg", {node.inputs[1]}, of.shape(node.inputs[1]));
    to.add(quotient ? "Mul" : "Add", {turned, node.inputs[0]}, of.shape(node.outputs[0]));
    return to.done();
}

/// Values by their length along an axis.
std::vector<step> by_length(network& of, const step& from) {
    const shape_type in = of.shape(from.node.inputs[0]);
    const std::int64_t power = integer_of(from.node, "p", 2);
    std::int64_t axis = integer_of(from.node, "axis", -1);
    if (axis < 0) axis += static_cast<std::int64_t>(in.size());
    if ((power != 1 && power != 2) || axis < 0 || axis >= static_cast<std::int64_t>(in.size())) return {};
    shape_type lengths = in;
    lengths[static_cast<std::size_t>(axis)] = 1;
    nodes_instead to(of, from);
    const value_id length =
        to.add(power == 1 ? "ReduceL1" : "ReduceL2", {from.node.inputs[0], to.list({axis})}, lengths,
               {{"keepdims", std::int64_t{1}}});
    // Zeros stay zeros: a length below the least normal number is that number.
    const value_id least = to.number(static_cast<double>(std::numeric_limits<float>::min()));
    const value_id divisor = to.add("Max", {length, least}, lengths);
    to.add("Div", {from.node.inputs[0], divisor}, in);
    return to.done();
}

/// The length of each channel.
std::vector<step> lengths(network& of, const step& from) {
    const shape_type in = of.shape(from.node.inputs[0]);
    const std::int64_t power = integer_of(from.node, "p", 2);
    if (power != 1 && power != 2) return {};
    integers axes;
    for (std::size_t axis = 2; axis < in.size(); ++axis) axes.push_back(static_cast<std::int64_t>(axis));
    nodes_instead to(of, from);
    to.add(power == 1 ? "ReduceL1" : "ReduceL2", {from.node.inputs[0], to.list(axes)},
           of.shape(from.node.outputs[0]), {{"keepdims", std::int64_t{1}}});
    return to.done();
}

/// Without mean and with a variance of 1 over some axes. A deviation of 0 becomes 1e-9, as the definition adds.
std::vector<step> standardized(network& of, const step& from) {
    const shape_type in = of.shape(from.node.inputs[0]);
    integers axes = integers_of(from.node, "axes");
    if (axes.empty()) axes = {0, 2, 3};
    integers order;
    integers last;
    for (std::size_t axis = 0; axis < in.size(); ++axis) {
        const auto here = static_cast<std::int64_t>(axis);
        const bool own = std::any_of(axes.begin(), axes.end(), [&](std::int64_t one) {
            return (one < 0 ? one + static_cast<std::int64_t>(in.size()) : one) == here;
        });
        (own ? last : order).push_back(here);
    }
    if (last.empty()) return {};
    shape_type inner;
    for (const std::int64_t axis : last) inner.push_back(in[static_cast<std::size_t>(axis)]);
    order.insert(order.end(), last.begin(), last.end());
    integers back(order.size());
    for (std::size_t k = 0; k < order.size(); ++k)
        back[static_cast<std::size_t>(order[k])] = static_cast<std::int64_t>(k);
    nodes_instead to(of, from);
    const value_id turned = to.transpose(from.node.inputs[0], order);
    const auto size = static_cast<std::size_t>(*graph::element_count(inner));
    const value_id ones = to.numbers("", inner, evaluate::reals(size, 1.0));
    const value_id made = to.add("LayerNormalization", {turned, ones}, of.shape(turned),
                                 {{"axis", -static_cast<std::int64_t>(last.size())}, {"epsilon", 1e-18}});
    to.transpose(made, back);
    return to.done();
}

/// Before operator set 21 factors and terms are those of groups.
std::vector<step> groups(network& of, const step& from) {
    const std::int64_t count = integer_of(from.node, "num_groups", 0);
    const shape_type& shape = of.shape(from.node.inputs[0]);
    if (from.node.version >= 21 || count <= 0 || shape.size() < 2 || shape[1] == count) return {};
    nodes_instead to(of, from);
    std::vector<value_id> inputs{from.node.inputs[0]};
    for (const std::size_t k : {1U, 2U}) {
        const array* const content = has(from.node, k) ? of.constant(from.node.inputs[k]) : nullptr;
        if (content == nullptr || content->size() != static_cast<std::size_t>(count)) return {};
        evaluate::reals all;
        for (const double one : evaluate::all_reals(*content))
            all.insert(all.end(), static_cast<std::size_t>(shape[1] / count), one);
        inputs.push_back(to.numbers(of.model.values[from.node.inputs[k]].name, {shape[1]}, std::move(all)));
    }
    std::vector<step> made = same(from, std::move(inputs), from.node.attributes, {});
    made.back().node.version = 21;
    return made;
}

/// Samples first: the time is first in the other layout.
std::vector<step> recurrent(network& of, const step& from) {
    const graph::node& node = from.node;
    if (integer_of(node, "layout", 0) != 1) return {};
    nodes_instead to(of, from);
    std::vector<value_id> inputs = node.inputs;
    for (const std::size_t k : {0U, 5U, 6U})
        if (has(node, k)) {
            if (of.constant(inputs[k]) == nullptr) {
                inputs[k] = to.transpose(inputs[k], {1, 0, 2});
                continue;
            }
            const shape_type shape = of.shape(inputs[k]);  // of one sample the numbers are the same
            if (shape[0] != 1) return {};
            inputs[k] = to.reshape(inputs[k], {shape[1], shape[0], shape[2]});
        }
    attributes_map attributes = node.attributes;
    attributes["layout"] = std::int64_t{0};
    std::vector<step> made = same(from, std::move(inputs), std::move(attributes), std::move(to.steps));
    graph::node& inside = made.back().node;
    std::vector<step> after;
    for (std::size_t k = 0; k < inside.outputs.size(); ++k) {
        const value_id out = node.outputs[k];
        if (out == no_value) continue;
        const shape_type& shape = of.shape(out);
        const integers order = k == 0 ? integers{2, 0, 1, 3} : integers{1, 0, 2};
        shape_type turned(shape.size());
        for (std::size_t axis = 0; axis < shape.size(); ++axis)
            turned[static_cast<std::size_t>(order[axis])] = shape[axis];
        inside.outputs[k] = of.add_value(of.model.values[out].name, of.types.at(out), turned);
        after.push_back(
            make_step("Transpose", {inside.outputs[k]}, out, {{"perm", order}}, from.sources, node.name));
    }
    for (step& one : after) made.push_back(std::move(one));
    return made;
}

/// A forget gate of 1 - i is an input gate with the signs of its sums turned: sigmoid(-x) = 1 - sigmoid(x).
std::vector<step> coupled_gates(network& of, const step& from) {
    const graph::node& node = from.node;
    const auto names = node.attributes.find("activations");
    if (names != node.attributes.end()) {
        const auto* const all = std::get_if<std::vector<std::string>>(&names->second);
        for (std::size_t k = 0; all != nullptr && k < all->size(); k += 3)
            if ((*all)[k] != "Sigmoid") return {};
    }
    nodes_instead to(of, from);
    std::vector<value_id> inputs = node.inputs;
    for (const std::size_t k : {1U, 2U, 3U, 7U}) {
        const array* const content = has(node, k) ? of.constant(node.inputs[k]) : nullptr;
        if (content == nullptr && has(node, k)) return {};
        if (content == nullptr) continue;
        evaluate::reals numbers = evaluate::all_reals(*content);
        // Gates i, o, f, c of each direction; of biases two sets, of peepholes i, o, f.
        const std::size_t gates = k == 3 ? 8 : k == 7 ? 3 : 4;
        const std::size_t directions = static_cast<std::size_t>(content->shape.at(0));
        const std::size_t each = directions == 0 ? 0 : numbers.size() / (gates * directions);
        if (each == 0) return {};
        for (std::size_t first = 0; first + each <= numbers.size(); first += each) {
            const std::size_t gate = first / each % gates;
            if (gate != 2 && gate != 6) continue;
            for (std::size_t i = 0; i < each; ++i) numbers[first + i] = -numbers[first - 2 * each + i];
        }
        inputs[k] = to.numbers(of.model.values[node.inputs[k]].name, content->shape, std::move(numbers));
    }
    attributes_map attributes = node.attributes;
    attributes.erase("input_forget");
    return same(from, std::move(inputs), std::move(attributes), {});
}
std::vector<step> long_short(network& of, const step& from) {
    std::vector<step> made = recurrent(of, from);
    const bool coupled = integer_of(from.node, "input_forget", 0) != 0;
    if (!coupled) return made;
    if (made.empty()) return coupled_gates(of, from);
    for (std::size_t k = 0; k < made.size(); ++k) {
        if (made[k].node.operation != "LSTM") continue;
        std::vector<step> now = coupled_gates(of, made[k]);
        if (!now.empty()) made[k] = std::move(now.back());
    }
    return made;
}

/// One-hot vectors times a table are rows of it.
std::vector<step> lookup(network& of, const step& from) {
    const step* const maker = of.producer(from.node.inputs[0]);
    const array* const table = from.node.inputs.size() == 2 ? of.constant(from.node.inputs[1]) : nullptr;
    if (maker == nullptr || !maker->node.domain.empty() || maker->node.operation != "OneHot" ||
        table == nullptr || table->shape.size() != 2 || !has(maker->node, 2))
        return {};
    const array* const values = of.constant(maker->node.inputs[2]);
    const auto rank = static_cast<std::int64_t>(of.shape(from.node.inputs[0]).size());
    const std::int64_t axis = integer_of(maker->node, "axis", -1);
    if (values == nullptr || evaluate::all_reals(*values) != evaluate::reals{0, 1} ||
        (axis != -1 && axis != rank - 1) || !graph::is_whole(of.types.at(maker->node.inputs[0])))
        return {};
    nodes_instead to(of, from);
    to.add("Gather", {from.node.inputs[1], maker->node.inputs[0]}, of.shape(from.node.outputs[0]),
           {{"axis", std::int64_t{0}}});
    return to.done();
}
std::vector<step> matrices(network& of, const step& from) {
    std::vector<step> made = lookup(of, from);
    return made.empty() ? vectors(of, from) : made;
}

/// One of the values that a sequence was made of.
std::vector<step> chosen(network& of, const step& from) {
    const auto index = wholes(of, from.node, 1);
    const step* const maker = of.producer(from.node.inputs[0]);
    if (!index || index->size() != 1 || maker == nullptr || !maker->node.domain.empty()) return {};
    const graph::node& whole = maker->node;
    nodes_instead to(of, from);
    if (whole.operation == "SequenceConstruct") {
        const std::int64_t k =
            (*index)[0] < 0 ? (*index)[0] + static_cast<std::int64_t>(whole.inputs.size()) : (*index)[0];
        to.finish(whole.inputs.at(static_cast<std::size_t>(k)));
        return std::move(to.steps);
    }
    if (whole.operation != "SplitToSequence") return {};
    const shape_type& shape = of.shape(whole.inputs[0]);
    std::int64_t axis = integer_of(whole, "axis", 0);
    if (axis < 0) axis += static_cast<std::int64_t>(shape.size());
    const std::int64_t extent = shape.at(static_cast<std::size_t>(axis));
    integers sizes;
    if (!has(whole, 1)) {
        sizes.assign(static_cast<std::size_t>(extent), 1);
    } else {
        const auto given = wholes(of, whole, 1);
        if (!given || given->empty()) return {};
        sizes = *given;
        if (of.constant(whole.inputs[1])->shape.empty()) {
            if (sizes[0] <= 0) return {};
            const std::int64_t size = sizes[0];
            sizes.clear();
            for (std::int64_t at = 0; at < extent; at += size) sizes.push_back(std::min(size, extent - at));
        }
    }
    const std::int64_t wanted =
        (*index)[0] < 0 ? (*index)[0] + static_cast<std::int64_t>(sizes.size()) : (*index)[0];
    std::int64_t first = 0;
    for (std::int64_t k = 0; k < wanted; ++k) first += sizes.at(static_cast<std::size_t>(k));
    const value_id part = to.slice(whole.inputs[0], static_cast<std::size_t>(axis), first,
                                   first + sizes.at(static_cast<std::size_t>(wanted)));
    to.finish(to.reshape(part, of.shape(from.node.outputs[0])));
    return std::move(to.steps);
}

/// A sequence of values, joined.
std::vector<step> joined(network& of, const step& from) {
    const step* const maker = of.producer(from.node.inputs[0]);
    if (maker == nullptr || !maker->node.domain.empty() || maker->node.operation != "SequenceConstruct")
        return {};
    const shape_type& out = of.shape(from.node.outputs[0]);
    std::int64_t axis = integer_of(from.node, "axis", 0);
    if (axis < 0) axis += static_cast<std::int64_t>(out.size());
    nodes_instead to(of, from);
    std::vector<value_id> parts = maker->node.inputs;
    if (integer_of(from.node, "new_axis", 0) != 0) {
        shape_type one = out;
        one.at(static_cast<std::size_t>(axis)) = 1;
        for (value_id& id : parts) id = to.reshape(id, one);
    }
    to.add("Concat", parts, out, {{"axis", axis}});
    return to.done();
}

}  // namespace

void spell_operators(network& of) {
    static const std::map<std::string_view, std::vector<step> (*)(network&, const step&)> table{
        {"Gemm", product},
        {"MatMul", matrices},
        {"Pad", padding},
        {"Conv", convolution},
        {"Sub", constant_first},
        {"Div", constant_first},
        {"LpNormalization", by_length},
        {"GlobalLpPool", lengths},
        {"MeanVarianceNormalization", standardized},
        {"GroupNormalization", groups},
        {"LSTM", long_short},
        {"GRU", recurrent},
        {"RNN", recurrent},
        {"SequenceAt", chosen},
        {"ConcatFromSequence", joined}};
    for (std::size_t k = 0; k < of.steps.size(); ++k) {
        const step one = of.steps[k];
        if (!one.node.domain.empty() || one.node.inputs.empty() || one.node.inputs[0] == no_value ||
            one.node.outputs.empty() || one.node.outputs[0] == no_value)
            continue;
        const auto found = table.find(one.node.operation);
        if (found == table.end()) continue;
        std::vector<step> made = found->second(of, one);
        if (made.empty()) continue;
        of.steps.erase(of.steps.begin() + static_cast<std::ptrdiff_t>(k));
        of.steps.insert(of.steps.begin() + static_cast<std::ptrdiff_t>(k), made.begin(), made.end());
        k += made.size() - 1;
    }
}

}  // namespace archetype::rewrite
