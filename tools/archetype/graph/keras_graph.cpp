// SPDX-License-Identifier: BSL-1.0
#include "keras_graph.hpp"

#include <algorithm>
#include <cmath>

namespace archetype::graph::keras {

value_id builder::add(value one) {
    one.name = unused_name(one.name);
    made.values.push_back(std::move(one));
    return made.values.size() - 1;
}
std::string builder::unused_name(const std::string& wanted) {
    std::string name = wanted;
    for (int k = 1; !names_.insert(name).second; ++k) name = wanted + "_" + std::to_string(k);
    return name;
}

symbol builder::input(const std::string& name, element_type type, const std::vector<dimension>& shape) {
    value one;
    one.name = name;
    one.type = type;
    one.shape = shape;
    const value_id id = add(std::move(one));
    made.main.inputs.push_back(id);
    return {id, static_cast<int>(shape.size())};
}

value_id builder::constant(const std::string& name, shape_type shape, std::vector<float> values) {
    if (const auto found = constants_.find(name); found != constants_.end()) return found->second;
    const auto owner = std::make_shared<std::vector<float>>(std::move(values));
    value one;
    one.name = name;
    one.type = element_type::float32;
    one.shape.emplace();
    for (const std::int64_t extent : shape) one.shape->push_back({extent, ""});
    one.constant =
        tensor{element_type::float32, std::move(shape), std::as_bytes(std::span(*owner)), {}, owner};
    const value_id id = add(std::move(one));
    constants_[name] = id;
    return id;
}
value_id builder::wholes(std::vector<std::int64_t> values, bool scalar) {
    const auto owner = std::make_shared<std::vector<std::int64_t>>(std::move(values));
    value one;
    one.name = layer + "/numbers";
    one.type = element_type::int64;
    shape_type shape;
    if (!scalar) shape.push_back(static_cast<std::int64_t>(owner->size()));
    one.shape.emplace();
    for (const std::int64_t extent : shape) one.shape->push_back({extent, ""});
    one.constant = tensor{element_type::int64, shape, std::as_bytes(std::span(*owner)), {}, owner};
    return add(std::move(one));
}
value_id builder::number(double value) {
    return constant(unused_name(layer + "/number"), {}, {static_cast<float>(value)});
}

std::vector<value_id> builder::nodes(const std::string& operation, std::vector<value_id> inputs,
                                     attributes given, std::size_t outputs, const std::string& domain) {
    graph::node one;
    one.name = layer + "/" + operation;
    one.domain = domain;
    one.operation = operation;
    one.version = domain.empty() ? onnx_operators : 1;
    one.inputs = std::move(inputs);
    one.attributes = std::move(given);
    for (std::size_t k = 0; k < outputs; ++k) {
        value result;
        result.name = one.name;
        one.outputs.push_back(add(std::move(result)));
    }
    made.main.nodes.push_back(one);
    return one.outputs;
}
value_id builder::node(const std::string& operation, std::vector<value_id> inputs, attributes given) {
    return nodes(operation, std::move(inputs), std::move(given), 1)[0];
}
value_id builder::transpose(value_id from, const std::vector<std::int64_t>& order) {
    return node("Transpose", {from}, {{"perm", order}});
}

symbol builder::channels_first(symbol from) {
    if (from.rank < 3) return from;
    if (const auto found = firsts_.find(from.id); found != firsts_.end()) return {found->second, from.rank};
    std::vector<std::int64_t> order{0, from.rank - 1};
    for (std::int64_t axis = 1; axis + 1 < from.rank; ++axis) order.push_back(axis);
    const value_id made_now = transpose(from.id, order);
    firsts_[from.id] = made_now;
    lasts_[made_now] = from.id;
    return {made_now, from.rank};
}
symbol builder::channels_last(symbol from) {
    if (from.rank < 3) return from;
    if (const auto found = lasts_.find(from.id); found != lasts_.end()) return {found->second, from.rank};
    std::vector<std::int64_t> order{0};
    for (std::int64_t axis = 2; axis < from.rank; ++axis) order.push_back(axis);
    order.push_back(1);
    const value_id made_now = transpose(from.id, order);
    lasts_[from.id] = made_now;
    firsts_[made_now] = from.id;
    return {made_now, from.rank};
}

void builder::name_result(value_id result, const std::string& layer_name) {
    value& one = made.values[result];
    if (one.constant ||
        std::find(made.main.inputs.begin(), made.main.inputs.end(), result) != made.main.inputs.end())
        return;
    // Only a value of this layer's own nodes: an identity gives its input.
    if (one.name.starts_with(layer_name + "/")) one.name = unused_name(layer_name);
}

void builder::finish() {
    // Values that are read, from the end.
    std::set<value_id> read(made.main.outputs.begin(), made.main.outputs.end());
    std::vector<graph::node> kept;
    for (auto one = made.main.nodes.rbegin(); one != made.main.nodes.rend(); ++one) {
        const bool wanted = std::any_of(one->outputs.begin(), one->outputs.end(),
                                        [&](value_id id) { return read.contains(id); });
        if (!wanted && one->domain.empty() && one->operation == "Transpose") continue;
        read.insert(one->inputs.begin(), one->inputs.end());
        kept.push_back(std::move(*one));
    }
    std::reverse(kept.begin(), kept.end());
    made.main.nodes = std::move(kept);
    // Indices of tables come as floats in Keras: an input that is read as integers alone is one.
    for (const value_id input : made.main.inputs) {
        bool casts = false;
        bool others =
            std::find(made.main.outputs.begin(), made.main.outputs.end(), input) != made.main.outputs.end();
        for (const graph::node& one : made.main.nodes)
            for (const value_id id : one.inputs)
                if (id == input) (one.operation == "Cast" ? casts : others) = true;
        if (!casts || others || !is_real(made.values[input].type)) continue;
        made.values[input].type = element_type::int32;
    }
}

std::vector<weight> call::read(const std::vector<wanted>& list) {
    std::vector<std::size_t> found = weights.of(place, part);
    std::string names;
    for (const wanted& one : list) names += (names.empty() ? "" : ", ") + std::string(one.name);
    if (found.size() != list.size()) {
        std::string there;
        for (const std::size_t k : found) {
            weights.entries[k].used = true;
            there += (there.empty() ? "" : ", ") + weights.entries[k].name;
        }
        config.fail("weights " + names, found.empty() ? "none" : there);
    }
    // By their names where the file has them, else in their order.
    if (weights.form != weight_form::paths) {
        std::vector<std::size_t> ordered;
        for (const wanted& one : list)
            for (const std::size_t k : found) {
                const std::string leaf = leaf_of(weights.entries[k].name);
                if (leaf == one.name || (!one.old_name.empty() && leaf == one.old_name)) ordered.push_back(k);
            }
        if (ordered.size() == list.size() && std::set(ordered.begin(), ordered.end()).size() == list.size())
            found = ordered;
    }
    std::vector<weight> made;
    for (std::size_t k = 0; k < list.size(); ++k) {
        weight_store::entry& one = weights.entries[found[k]];
        one.used = true;
        weight content = one.read();
        bool good = content.shape.size() == list[k].shape.size();
        shape_type shape = list[k].shape;
        for (std::size_t axis = 0; good && axis < shape.size(); ++axis)
            good = shape[axis] < 0 || shape[axis] == content.shape[axis];
        if (!good) {
            std::string text;
            for (const std::int64_t extent : shape)
                text += (text.empty() ? "" : "x") + (extent < 0 ? std::string("?") : std::to_string(extent));
            config.fail(
                "weight " + std::string(list[k].name) + " of shape " + (text.empty() ? "scalar" : text),
                shape_text(content.shape) + " (" + one.name + ")");
        }
        for (const float one_number : content.values)
            if (!std::isfinite(one_number)) config.fail("finite numbers", "NaN or infinity in " + one.name);
        made.push_back(std::move(content));
    }
    return made;
}

std::string call::name_of(std::string_view name) const {
    return place.text() + (part.empty() ? "" : "/" + part) + "/" + std::string(name);
}

symbol call::only(int rank) const {
    if (in.size() != 1) config.fail("one input", std::to_string(in.size()));
    if (in[0].rank < 0) throw unreadable{};
    if (rank >= 0 && in[0].rank != rank && to.guesses) throw unreadable{};
    if (rank >= 0 && in[0].rank != rank)
        config.fail("an input of " + std::to_string(rank) + " axes", std::to_string(in[0].rank));
    return in[0];
}

bool call::is_channels_first() {
    const std::string order = config.text({"data_format", "dim_ordering"}, "channels_last");
    if (order == "channels_first" || order == "th") return true;
    if (order != "channels_last" && order != "tf" && order != "default")
        config.fail("data_format channels_last or channels_first", "\"" + order + "\"");
    return false;
}

weight turned(const weight& from, const std::vector<std::size_t>& order) {
    weight made;
    std::vector<std::size_t> strides(order.size(), 1);
    for (std::size_t axis = order.size(); axis-- > 1;)
        strides[axis - 1] = strides[axis] * static_cast<std::size_t>(from.shape[axis]);
    for (const std::size_t axis : order) made.shape.push_back(from.shape[axis]);
    made.values.reserve(from.values.size());
    std::vector<std::size_t> index(order.size(), 0);
    for (std::size_t k = 0; k < from.values.size(); ++k) {
        std::size_t at = 0;
        for (std::size_t axis = 0; axis < order.size(); ++axis) at += index[axis] * strides[order[axis]];
        made.values.push_back(from.values[at]);
        for (std::size_t axis = order.size(); axis-- > 0;) {
            if (++index[axis] < static_cast<std::size_t>(made.shape[axis])) break;
            index[axis] = 0;
        }
    }
    return made;
}

}  // namespace archetype::graph::keras
