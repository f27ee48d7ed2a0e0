// SPDX-License-Identifier: BSL-1.0
// Dense layers, normalizations and softmax: what sees the last axis of the library.
#include "lowering.hpp"
#include "turned.hpp"

#include <algorithm>
#include <cmath>

namespace archetype::lower {

namespace {

/// An input whose axis is the last one of the library: its layer with the shape {..., axis}, and where each index of the axis lies.
struct rows {
    std::size_t layer = 0;
    std::vector<std::size_t> places;
    bool in_order = true;
};

std::optional<rows> rows_of(lowering& to, std::size_t k, const std::vector<std::size_t>& axes) {
    value_place from_value = to.in(k);
    from_value.where = merged(from_value.where);
    std::vector<std::size_t> atoms;
    std::int64_t size = 1;
    for (const std::size_t axis : axes) {
        const auto& own = from_value.where.axes.at(axis);
        atoms.insert(atoms.end(), own.begin(), own.end());
        size *= to.shape(k)[axis];
    }
    std::vector<std::size_t> order = from_value.where.order;
    for (const std::size_t atom : atoms) std::erase(order, atom);
    const std::int64_t before = from_value.where.size(order);
    const std::vector<std::size_t> last = in_library_order(from_value.where, atoms);
    order.insert(order.end(), last.begin(), last.end());
    const auto ordered_layer = to.with_order(from_value.layer, from_value.where, order);
    if (!ordered_layer) {
        to.refuse_order(k, "the axis it works on comes last");
        return std::nullopt;
    }
    to.in(k).layer = *ordered_layer;
    to.in(k).where = from_value.where;
    const layout& where = to.in(k).where;
    rows made;
    made.places = places(where, atoms);
    made.in_order = std::is_sorted(made.places.begin(), made.places.end());
    const std::size_t from = to.in(k).layer;
    made.layer = to.at(from).shape.back() == size ? from : to.with_shape(from, grouped(before, size));
    return made;
}

std::vector<float> ordered(const std::vector<double>& numbers, const std::vector<std::size_t>& places) {
    std::vector<float> made(places.size());
    for (std::size_t k = 0; k < made.size(); ++k)
        made[places[k]] = static_cast<float>(numbers.size() == 1 ? numbers[0] : numbers.at(k));
    return made;
}

/// x W + b, x a row of the last axis; W is {in, out}, or with `turned` {out, in}, each number times a factor.
bool dense(lowering& to, const array& weights, std::vector<double> bias, const step* also,
           bool turned = false, double factor = 1) {
    const std::size_t rank = to.shape(0).size();
    const auto from = rows_of(to, 0, {rank - 1});
    if (!from) return false;
    const std::int64_t in = weights.shape[turned ? 1 : 0];
    const std::int64_t out = weights.shape[turned ? 0 : 1];
    number_list numbers(weights.size(), [weights, turned, factor, places = from->places] {
        if (turned) return lower::turned(weights, places, factor);
        std::vector<float> made(weights.size());
        const std::size_t columns = made.size() / std::max<std::size_t>(places.size(), 1);
        evaluate::with_numbers(weights, [&](const auto& numbers) {
            for (std::size_t i = 0; i < places.size(); ++i)
                for (std::size_t k = 0; k < columns; ++k)
                    made[places[i] * columns + k] = static_cast<float>(numbers[i * columns + k] * factor);
        });
        weights.release();
        return made;
    });
    std::vector<tensor> tensors{{"kernel", {in, out}, std::move(numbers)}};
    std::vector<std::string> arguments{std::to_string(out)};
    std::size_t layer = from->layer;
    shape_type shape = to.at(layer).shape;
    if (shape.size() > 1 && *std::max_element(shape.begin(), shape.end() - 1) == 1) {
        layer = to.with_shape(layer, {in});
        shape = {in};
    }
    if (shape.size() > 1) arguments.emplace_back("at::last_axis");
    shape.back() = out;
    if (bias.empty())
        arguments.emplace_back("at::no_bias");
    else
        tensors.push_back({"bias", {out}, {bias.begin(), bias.end()}});
    const std::size_t made = to.add("dense", arguments, {layer}, shape, std::move(tensors));
    to.at(made).name = to.name_for(1);
    // The file's axes but the last one stay where they were.
    layout where = to.in(0).where;
    for (const std::size_t atom : where.axes.back()) std::erase(where.order, atom);
    where.axes.back().clear();
    if (out != 1) {
        where.axes.back().push_back(where.extents.size());
        where.order.push_back(where.extents.size());
        where.extents.push_back(out);
    }
    to.give(made, where);
    if (also != nullptr) to.also_from(made, *also);
    return true;
}

/// The addition of a constant for each unit after a product, if that is all that happens to it.
const step* added_bias(const lowering& to, std::int64_t units, std::vector<double>& bias) {
    const step* next = to.only_reader(to.node().outputs[0]);
    if (next == nullptr || !next->node.domain.empty() || next->node.operation != "Add") return nullptr;
    for (const std::size_t k : {0U, 1U}) {
        const value_id other = next->node.inputs[k];
        const array* content = to.graph().constant(other);
        if (content == nullptr || to.graph().shape(next->node.outputs[0]) != to.out_shape()) continue;
        const bool row = !content->shape.empty() && content->shape.back() == units &&
                         static_cast<std::int64_t>(content->size()) == units;
        if (!row && content->size() != 1) continue;
        bias = evaluate::all_reals(*content);
        if (bias.size() == 1) bias.assign(static_cast<std::size_t>(units), bias[0]);
        return next;
    }
    return nullptr;
}

bool product(lowering& to) {
    if (!to.is_constant(0) && !to.is_constant(1))
        return to.refuse(
            "a product with a matrix that is constant, on its right; of two values as part of "
            "attention alone");
    if (to.is_constant(0)) return to.refuse("a product with a matrix that is constant, on its right");
    const array weights = to.constant(1);
    if (weights.shape.size() != 2) return to.refuse("a product with one matrix");
    std::vector<double> bias;
    const step* next = added_bias(to, weights.shape[1], bias);
    if (!dense(to, weights, bias, next)) return false;
    if (next != nullptr) {
        // The result of the addition is that of the layer.
        const value_id product_out = to.node().outputs[0];
        const value_id sum = next->node.outputs[0];
        to.consume(*next);
        to.rename(product_out, sum);
    }
    return true;
}

bool gemm(lowering& to) {
    if (to.is_constant(0) || !to.is_constant(1) || (to.has(2) && !to.is_constant(2)))
        return to.refuse("a product with constants");
    if (to.integer("transA", 0) != 0) return to.refuse("a product without transA");
    const array weights = to.constant(1);
    const double alpha = rewrite::number_of(to.node(), "alpha", 1);
    const double beta = rewrite::number_of(to.node(), "beta", 1);
    const bool turned = to.integer("transB", 0) != 0;
    const std::int64_t units = weights.shape[turned ? 0 : 1];
    std::vector<double> bias;
    if (to.has(2)) {
        const array given = to.constant(2);
        bias = given.as_reals();
        if (bias.size() != 1 &&
            (static_cast<std::int64_t>(bias.size()) != units || given.shape.back() != units))
            return to.refuse("a bias for each unit");
        if (bias.size() == 1) bias.assign(static_cast<std::size_t>(units), bias[0]);
        for (double& one : bias) one *= beta;
    }
    return dense(to, weights, std::move(bias), nullptr, turned, alpha);
}

bool batch_normalization(lowering& to) {
    for (const std::size_t k : {1U, 2U, 3U, 4U})
        if (!to.is_constant(k)) return to.refuse("parameters that are constants");
    if (to.integer("training_mode", 0) != 0 || to.integer("spatial", 1) == 0)
        return to.refuse("inference, one number for each channel");
    if (to.shape(0).size() < 2) return to.refuse("channels on the second axis");
    const auto from = rows_of(to, 0, {1});
    if (!from) return false;
    const std::int64_t channels = to.shape(0)[1];
    const auto numbers = [&](std::size_t k) { return ordered(to.constant(k).as_reals(), from->places); };
    std::vector<tensor> tensors{{"gamma", {channels}, numbers(1)},
                                {"beta", {channels}, numbers(2)},
                                {"moving_mean", {channels}, numbers(3), false},
                                {"moving_variance", {channels}, numbers(4), false}};
    const double epsilon = rewrite::number_of(to.node(), "epsilon", 1e-5);
    std::vector<std::string> arguments;
    if (literal(epsilon) != literal(1e-3)) arguments.push_back("at::epsilon<" + literal(epsilon) + ">");
    const std::size_t made =
        to.add("batch_norm", arguments, {from->layer}, to.at(from->layer).shape, std::move(tensors));
    if (std::string name = to.name_for(1); name != to.at(from->layer).name)
        to.at(made).name = std::move(name);
    to.give(made, to.in(0).where);
    return true;
}

/// Over the last axes of the file, from one on, which are the last ones of the library.
bool layer_normalization(lowering& to) {
    const bool by_square = to.node().operation == "RMSNormalization";
    const auto rank = static_cast<std::int64_t>(to.shape(0).size());
    std::int64_t axis = to.integer("axis", -1);
    if (axis < 0) axis += rank;
    if (!to.is_constant(1) || (to.has(2) && !to.is_constant(2)))
        return to.refuse("parameters that are constants");
    std::vector<std::size_t> axes;
    std::int64_t size = 1;
    for (; axis < rank; ++axis) {
        axes.push_back(static_cast<std::size_t>(axis));
        size *= to.shape(0)[static_cast<std::size_t>(axis)];
    }
    const auto from = rows_of(to, 0, axes);
    if (!from) return false;
    const array gamma = to.constant(1);
    if (static_cast<std::int64_t>(gamma.size()) != size && gamma.size() != 1)
        return to.refuse("a factor for each element of the axes");
    std::vector<tensor> tensors{
        {by_square ? "scale" : "gamma", {size}, ordered(gamma.as_reals(), from->places)}};
    const double epsilon = rewrite::number_of(to.node(), "epsilon", 1e-5);
    std::vector<std::string> arguments;
    if (literal(epsilon) != literal(by_square ? 1e-6 : 1e-3))
        arguments.push_back("at::epsilon<" + literal(epsilon) + ">");
    if (!by_square) {
        if (to.has(2))
            tensors.push_back({"beta", {size}, ordered(to.constant(2).as_reals(), from->places)});
        else
            arguments.emplace_back("at::no_center");
    }
    const std::size_t made = to.add(by_square ? "rms_norm" : "layer_norm", arguments, {from->layer},
                                    to.at(from->layer).shape, std::move(tensors));
    to.at(made).name = to.name_for(1);
    to.give(made, to.in(0).where);
    return true;
}

/// Groups of channels (axis 1), each over all pixels.
bool group_normalization(lowering& to) {
    const bool instance = to.node().operation == "InstanceNormalization";
    if (!to.is_constant(1) || !to.is_constant(2)) return to.refuse("parameters that are constants");
    if (to.shape(0).size() < 3 || to.shape(0).size() > 5) return to.refuse("images, sequences and volumes");
    const std::int64_t channels = to.shape(0)[1];
    const std::int64_t groups = to.integer("num_groups", channels);
    std::vector<double> gamma = to.constant(1).as_reals();
    std::vector<double> beta = to.constant(2).as_reals();
    if (static_cast<std::int64_t>(gamma.size()) != channels) return to.refuse("a factor for each channel");
    const auto from = rows_of(to, 0, {1});
    if (!from) return false;
    if (!from->in_order && !instance) return to.refuse_order(0, "channels in order");
    std::vector<tensor> tensors{{"gamma", {channels}, ordered(gamma, from->places)},
                                {"beta", {channels}, ordered(beta, from->places)}};
    const double epsilon = rewrite::number_of(to.node(), "epsilon", 1e-5);
    std::vector<std::string> arguments;
    if (!instance) arguments.push_back(std::to_string(groups));
    if (literal(epsilon) != literal(instance ? 1e-5 : 1e-3))
        arguments.push_back("at::epsilon<" + literal(epsilon) + ">");
    const std::size_t made = to.add(instance ? "instance_norm" : "group_norm", arguments, {from->layer},
                                    to.at(from->layer).shape, std::move(tensors));
    to.at(made).name = to.name_for(1);
    to.give(made, to.in(0).where);
    return true;
}

bool slopes(lowering& to) {
    if (!to.is_constant(1)) return to.refuse("slopes that are constants");
    const array given = to.constant(1);
    const auto& numbers = given.as_reals();
    if (std::all_of(numbers.begin(), numbers.end(), [&](double one) { return one == numbers[0]; })) {
        const std::size_t from = to.in(0).layer;
        to.give(to.add("leaky_relu", {literal(numbers.at(0))}, {from}, to.at(from).shape), to.in(0).where);
        return true;
    }
    // The axis of the slopes, counted from the last one.
    std::optional<std::size_t> axis;
    for (std::size_t k = 0; k < given.shape.size(); ++k) {
        if (given.shape[k] == 1) continue;
        if (axis) return to.refuse("slopes of one axis");
        axis = k + to.shape(0).size() - given.shape.size();
    }
    if (to.shape(0).at(*axis) != static_cast<std::int64_t>(numbers.size()))
        return to.refuse("a slope for each channel");
    const auto from = rows_of(to, 0, {*axis});
    if (!from) return false;
    std::vector<tensor> tensors{
        {"alpha", {static_cast<std::int64_t>(numbers.size())}, ordered(numbers, from->places)}};
    const std::size_t made = to.add("prelu", {}, {from->layer}, to.at(from->layer).shape, std::move(tensors));
    to.at(made).name = to.name_for(1);
    to.give(made, to.in(0).where);
    return true;
}

bool softmax(lowering& to) {
    const auto rank = static_cast<std::int64_t>(to.shape(0).size());
    const bool flat = to.node().version < 13;  // of all axes from this one on
    std::int64_t axis = to.integer("axis", flat ? 1 : -1);
    if (axis < 0) axis += rank;
    std::vector<std::size_t> axes{static_cast<std::size_t>(axis)};
    if (flat)
        for (std::int64_t more = axis + 1; more < rank; ++more)
            axes.push_back(static_cast<std::size_t>(more));
    const auto from = rows_of(to, 0, axes);
    if (!from) return false;
    const std::string type = to.node().operation == "LogSoftmax" ? "log_softmax" : "softmax";
    to.give(to.add(type, {}, {from->layer}, to.at(from->layer).shape), to.in(0).where);
    return true;
}

}  // namespace

const std::map<std::string_view, lower_function>& product_operators() {
    static const std::map<std::string_view, lower_function> table{
        {"MatMul", product},
        {"Gemm", gemm},
        {"BatchNormalization", batch_normalization},
        {"LayerNormalization", layer_normalization},
        {"RMSNormalization", layer_normalization},
        {"GroupNormalization", group_normalization},
        {"InstanceNormalization", group_normalization},
        {"PRelu", slopes},
        {"Softmax", softmax},
        {"LogSoftmax", softmax}};
    return table;
}

}  // namespace archetype::lower
