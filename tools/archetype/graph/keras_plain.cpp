// SPDX-License-Identifier: BSL-1.0
// Layers of Keras on single elements and rows: dense, normalizations, activations, tables, what only acts in training.
#include "keras_graph.hpp"

#include <algorithm>
#include <cmath>

namespace archetype::graph::keras {

namespace {

using sizes = std::vector<std::int64_t>;

value_id constant(call& at, std::string_view name, weight from) {
    return at.to.constant(at.name_of(name), std::move(from.shape), std::move(from.values));
}

/// max(x, 0) with Keras' bends: nothing up to `threshold` but a slope, at most `most`.
value_id bent(call& at, value_id x, double slope, double threshold, std::optional<double> most) {
    builder& to = at.to;
    if (threshold == 0 && slope == 0 && !most) return to.node("Relu", {x});
    if (threshold == 0 && slope == 0) return to.node("Clip", {x, to.number(0), to.number(*most)});
    if (threshold == 0 && !most) return to.node("LeakyRelu", {x}, {{"alpha", slope}});
    value_id y =
        threshold == 0 ? to.node("Relu", {x}) : to.node("ThresholdedRelu", {x}, {{"alpha", threshold}});
    if (most) y = to.node("Clip", {y, to.number(0), to.number(*most)});
    if (slope == 0) return y;
    const value_id below = to.node("Relu", {to.node("Sub", {to.number(threshold), x})});
    return to.node("Sub", {y, to.node("Mul", {below, to.number(slope)})});
}

std::int64_t axis_of(call& at, layer_config::keys names, std::int64_t otherwise, int rank) {
    const auto given = at.config.wholes(names);
    if (given && given->size() != 1) at.config.fail("one axis", std::to_string(given->size()));
    std::int64_t axis = given ? (*given)[0] : otherwise;
    if (axis < 0) axis += rank;
    if (axis < 1 || axis >= rank)
        at.config.fail("an axis from 1 to " + std::to_string(rank - 1), std::to_string(axis));
    return axis;
}

std::vector<symbol> dense(call& at) {
    const std::int64_t units = at.config.whole({"units", "output_dim"});
    const bool bias = at.config.truth({"use_bias", "bias"}, true);
    at.config.expect("lora_rank", false);
    const symbol x = at.only();
    std::vector<call::wanted> wanted{{"kernel", {-1, units}, "W"}};
    if (bias) wanted.push_back({"bias", {units}, "b"});
    std::vector<weight> read = at.read(wanted);
    value_id y = at.to.node("MatMul", {x.id, constant(at, "kernel", std::move(read[0]))});
    if (bias) y = at.to.node("Add", {y, constant(at, "bias", std::move(read[1]))});
    return {{at.activated(y), x.rank}};
}

std::vector<symbol> identity(call& at) {
    const symbol x = at.only();
    // How much is dropped or added in training.
    at.config.skip({"rate", "p", "noise_shape", "stddev", "sigma", "data_format", "dim_ordering", "l1", "l2",
                    "factor", "mode", "height_factor", "width_factor", "fill_mode", "fill_value",
                    "interpolation", "value_range", "lower", "upper"});
    return {{at.to.node("Identity", {x.id}), x.rank}};
}

std::vector<symbol> batch_normalization(call& at) {
    const double epsilon = at.config.number({"epsilon"}, 1e-3);
    const bool scale = at.config.truth({"scale"}, true);
    const bool center = at.config.truth({"center"}, true);
    if (const std::int64_t mode = at.config.whole({"mode"}, 0); mode != 0 && mode != 2)
        at.config.fail("mode 0 or 2", std::to_string(mode));
    at.config.expect("renorm", false);
    if (const json* parts = at.config.take({"virtual_batch_size"}))
        at.config.fail("no virtual_batch_size", parts->summary());
    const symbol x = at.only();
    const std::int64_t axis = axis_of(at, {"axis"}, -1, x.rank);
    std::vector<call::wanted> wanted;
    if (scale) wanted.push_back({"gamma", {-1}});
    if (center) wanted.push_back({"beta", {-1}});
    wanted.push_back({"moving_mean", {-1}, "running_mean"});
    wanted.push_back({"moving_variance", {-1}, "running_std"});  // a variance, by its name in Keras 1
    std::vector<weight> read = at.read(wanted);
    const std::int64_t channels = read[0].shape[0];
    for (const weight& one : read)
        if (one.shape[0] != channels)
            at.config.fail(std::to_string(channels) + " numbers", shape_text(one.shape));
    std::vector<value_id> inputs{no_value};
    std::size_t next = 0;
    const auto part = [&](bool there, std::string_view name, float otherwise) {
        weight from{{channels},
                    std::vector<float>(there ? 0 : static_cast<std::size_t>(channels), otherwise)};
        if (there) from = std::move(read[next++]);
        inputs.push_back(constant(at, name, std::move(from)));
    };
    part(scale, "gamma", 1);
    part(center, "beta", 0);
    part(true, "moving_mean", 0);
    part(true, "moving_variance", 1);
    const attributes given{{"epsilon", epsilon}};
    if (x.rank == 2 || axis == 1) {
        inputs[0] = x.id;
        return {{at.to.node("BatchNormalization", inputs, given), x.rank}};
    }
    if (axis != x.rank - 1) at.config.fail("the first axis or the last", std::to_string(axis));
    inputs[0] = at.to.channels_first(x).id;
    return {at.to.channels_last({at.to.node("BatchNormalization", inputs, given), x.rank})};
}

std::vector<symbol> layer_normalization(call& at) {
    const double epsilon = at.config.number({"epsilon"}, 1e-3);
    const bool scale = at.config.truth({"scale"}, true);
    const bool center = at.config.truth({"center"}, true);
    at.config.expect("rms_scaling", false);
    const symbol x = at.only();
    sizes axes = at.config.wholes({"axis"}).value_or(sizes{-1});
    for (std::int64_t& one : axes) one = one < 0 ? one + x.rank : one;
    std::sort(axes.begin(), axes.end());
    for (std::size_t k = 0; k < axes.size(); ++k)
        if (axes[axes.size() - 1 - k] != x.rank - 1 - static_cast<std::int64_t>(k) || axes[0] < 1)
            at.config.fail("the last axes", shape_text(axes));
    std::vector<call::wanted> wanted;
    const shape_type shape(axes.size(), -1);
    if (scale) wanted.push_back({"gamma", shape});
    if (center) wanted.push_back({"beta", shape});
    std::vector<weight> read = at.read(wanted);
    std::vector<value_id> inputs{x.id};
    // Without a scale one number stands for all.
    inputs.push_back(scale ? constant(at, "gamma", std::move(read[0]))
                           : at.to.constant(at.name_of("gamma"), shape_type(axes.size(), 1), {1}));
    if (!scale && center && axes.size() == 1)
        inputs[1] = at.to.constant(at.name_of("gamma_of_all"), read[0].shape,
                                   std::vector<float>(read[0].values.size(), 1));
    if (center) inputs.push_back(constant(at, "beta", std::move(read.back())));
    return {{at.to.node("LayerNormalization", inputs, {{"axis", axes[0]}, {"epsilon", epsilon}}), x.rank}};
}

std::vector<symbol> group_normalization(call& at) {
    const double epsilon = at.config.number({"epsilon"}, 1e-3);
    const bool scale = at.config.truth({"scale"}, true);
    const bool center = at.config.truth({"center"}, true);
    std::int64_t groups = at.config.whole({"groups"}, 32);
    const symbol x = at.only();
    const std::int64_t axis = axis_of(at, {"axis"}, -1, x.rank);
    if (axis != x.rank - 1 && axis != 1) at.config.fail("the first axis or the last", std::to_string(axis));
    if (!scale && !center) at.config.fail("scale or center", "neither");
    std::vector<call::wanted> wanted;
    if (scale) wanted.push_back({"gamma", {-1}});
    if (center) wanted.push_back({"beta", {-1}});
    std::vector<weight> read = at.read(wanted);
    const std::int64_t channels = read[0].shape[0];
    if (groups == -1) groups = channels;
    const auto count = static_cast<std::size_t>(channels);
    std::vector<value_id> inputs{axis == 1 ? x.id : at.to.channels_first(x).id};
    inputs.push_back(
        constant(at, "gamma", scale ? read[0] : weight{{channels}, std::vector<float>(count, 1)}));
    inputs.push_back(
        constant(at, "beta", center ? read.back() : weight{{channels}, std::vector<float>(count, 0)}));
    const symbol y{at.to.node("GroupNormalization", inputs, {{"num_groups", groups}, {"epsilon", epsilon}}),
                   x.rank};
    return {axis == 1 ? y : at.to.channels_last(y)};
}

std::vector<symbol> activation(call& at) {
    const symbol x = at.only();
    return {{at.activated(x.id), x.rank}};
}
std::vector<symbol> relu(call& at) {
    const symbol x = at.only();
    const json* most = at.config.take({"max_value"});
    if (most != nullptr && most->number() == nullptr)
        at.config.fail("max_value as a number", most->summary());
    const double slope = at.config.number({"negative_slope"}, 0);
    const double threshold = at.config.number({"threshold"}, 0);
    return {
        {bent(at, x.id, slope, threshold, most != nullptr ? std::optional(*most->number()) : std::nullopt),
         x.rank}};
}
std::vector<symbol> leaky_relu(call& at) {
    const symbol x = at.only();
    return {{at.to.node("LeakyRelu", {x.id}, {{"alpha", at.config.number({"negative_slope", "alpha"}, 0.3)}}),
             x.rank}};
}
std::vector<symbol> elu(call& at) {
    const symbol x = at.only();
    return {{at.to.node("Elu", {x.id}, {{"alpha", at.config.number({"alpha"}, 1)}}), x.rank}};
}
std::vector<symbol> thresholded_relu(call& at) {
    const symbol x = at.only();
    return {{at.to.node("ThresholdedRelu", {x.id}, {{"alpha", at.config.number({"theta"}, 1)}}), x.rank}};
}
std::vector<symbol> softmax(call& at) {
    const symbol x = at.only();
    return {{at.to.node("Softmax", {x.id}, {{"axis", axis_of(at, {"axis"}, -1, x.rank)}}), x.rank}};
}
std::vector<symbol> prelu(call& at) {
    const symbol x = at.only();
    const sizes shared = at.config.wholes({"shared_axes"}).value_or(sizes{});
    shape_type shape(static_cast<std::size_t>(x.rank) - 1, -1);
    for (const std::int64_t axis : shared) {
        if (axis < 1 || axis >= x.rank) at.config.fail("shared_axes of the input", std::to_string(axis));
        shape[static_cast<std::size_t>(axis) - 1] = 1;
    }
    std::vector<weight> read = at.read({{"alpha", shape, "alphas"}});
    return {{at.to.node("PRelu", {x.id, constant(at, "alpha", std::move(read[0]))}), x.rank}};
}

std::vector<symbol> embedding(call& at) {
    const std::int64_t rows = at.config.whole({"input_dim"});
    const std::int64_t columns = at.config.whole({"output_dim"});
    at.config.expect("mask_zero", false);
    at.config.expect("sparse", false);
    at.config.expect("lora_rank", false);
    const symbol x = at.only();
    std::vector<weight> read = at.read({{"embeddings", {rows, columns}, "W"}});
    const value_id index = at.to.node("Cast", {x.id}, {{"to", std::int64_t{6}}});  // int32
    return {{at.to.node("Gather", {constant(at, "embeddings", std::move(read[0])), index},
                        {{"axis", std::int64_t{0}}}),
             x.rank + 1}};
}

/// Numbers along the axes that are kept, broadcast to `rank`.
value_id along(call& at, std::string_view name, const std::vector<double>& numbers, const shape_type& shape) {
    std::vector<float> values;
    for (const double one : numbers) values.push_back(static_cast<float>(one));
    return at.to.constant(at.name_of(name), shape, std::move(values));
}

std::vector<symbol> rescaling(call& at) {
    const symbol x = at.only();
    shape_type shape;
    const auto scale = at.config.numbers({"scale"}, shape);
    if (!scale) at.config.fail("a scale", "none");
    value_id y = at.to.node("Mul", {x.id, along(at, "scale", *scale, shape)});
    if (const auto offset = at.config.numbers({"offset"}, shape);
        offset && std::any_of(offset->begin(), offset->end(), [](double one) { return one != 0; }))
        y = at.to.node("Add", {y, along(at, "offset", *offset, shape)});
    return {{y, x.rank}};
}

std::vector<symbol> normalization(call& at) {
    const symbol x = at.only();
    const bool invert = at.config.truth({"invert"}, false);
    sizes axes = at.config.wholes({"axis"}).value_or(sizes{});
    for (std::int64_t& one : axes) one = one < 0 ? one + x.rank : one;
    std::sort(axes.begin(), axes.end());
    for (const std::int64_t one : axes)
        if (one < 1 || one >= x.rank) at.config.fail("axes of the input", std::to_string(one));
    shape_type shape;
    shape_type unused;
    auto mean = at.config.numbers({"mean"}, shape);
    auto variance = at.config.numbers({"variance"}, unused);
    if (!mean || !variance) {
        const std::size_t there = at.weights.of(at.place, at.part).size();
        const shape_type kept(axes.size(), -1);
        std::vector<call::wanted> wanted{{"mean", kept}, {"variance", kept}};
        if (there == 3) wanted.push_back({"count", {}});
        const std::vector<weight> read = at.read(wanted);
        mean.emplace(read[0].values.begin(), read[0].values.end());
        variance.emplace(read[1].values.begin(), read[1].values.end());
        shape = read[0].shape;
    }
    if (mean->size() != variance->size())
        at.config.fail("as many variances as means", std::to_string(variance->size()));
    shape_type wide;
    if (mean->size() > 1) {
        wide.assign(static_cast<std::size_t>(x.rank) - 1, 1);
        if (shape.size() == axes.size())
            for (std::size_t k = 0; k < axes.size(); ++k)
                wide[static_cast<std::size_t>(axes[k]) - 1] = shape[k];
        else if (axes.size() == 1)
            wide[static_cast<std::size_t>(axes[0]) - 1] = static_cast<std::int64_t>(mean->size());
        else
            at.config.fail("a mean for each index of the axes", shape_text(shape));
    }
    for (double& one : *variance) one = std::max(std::sqrt(one), 1e-7);
    const value_id center = along(at, "mean", *mean, wide);
    const value_id width = along(at, "deviation", *variance, wide);
    if (invert) return {{at.to.node("Add", {at.to.node("Mul", {x.id, width}), center}), x.rank}};
    return {{at.to.node("Div", {at.to.node("Sub", {x.id, center}), width}), x.rank}};
}

}  // namespace

value_id call::activated(value_id x) { return activated(x, config.take({"activation"})); }

value_id call::activated(value_id x, const json* function) {
    if (function == nullptr) return x;
    const json* name = function;
    double slope = 0.2;
    double alpha = 1;
    if (function->object() != nullptr) {
        const json* module = function->find("module");
        name = function->find("class_name");
        const json* own = function->find("config");
        if (own != nullptr && own->text() != nullptr && name != nullptr && name->text() != nullptr &&
            *name->text() == "function" &&
            (module == nullptr || module->text() == nullptr ||
             module->text()->find("keras") != std::string::npos))
            name = own;  // a function of Keras by its name
        if (own != nullptr && own->object() != nullptr) {
            // A layer as a function: its own configuration counts.
            const std::string kind = name != nullptr && name->text() != nullptr ? *name->text() : "";
            const auto found = plain_layers().find(kind);
            if (found == plain_layers().end() || kind == "Dense" || kind == "PReLU" || kind == "Embedding")
                config.fail("an activation that is known", function->summary());
            layer_config inner(*own, config.place() + ", activation", config.all_faults());
            call inside{to, inner, weights, place, {{x, in.empty() ? -1 : in[0].rank}}, version, part};
            const value_id y = found->second(inside)[0].id;
            inner.finish();
            return y;
        }
    }
    if (name == nullptr || name->text() == nullptr)
        config.fail("an activation that is known", function->summary());
    const std::string& kind = *name->text();
    static const std::map<std::string, std::string, std::less<>> same{{"tanh", "Tanh"},
                                                                      {"sigmoid", "Sigmoid"},
                                                                      {"softplus", "Softplus"},
                                                                      {"softsign", "Softsign"},
                                                                      {"exponential", "Exp"},
                                                                      {"mish", "Mish"},
                                                                      {"selu", "Selu"},
                                                                      {"elu", "Elu"},
                                                                      {"hard_silu", "HardSwish"},
                                                                      {"hard_swish", "HardSwish"},
                                                                      {"relu", "Relu"}};
    if (kind == "linear") return x;
    if (const auto found = same.find(kind); found != same.end()) return to.node(found->second, {x});
    if (kind == "relu6") return bent(*this, x, 0, 0, 6);
    if (kind == "softmax" || kind == "log_softmax")
        return to.node(kind == "softmax" ? "Softmax" : "LogSoftmax", {x}, {{"axis", std::int64_t{-1}}});
    if (kind == "swish" || kind == "silu") return to.node("Mul", {x, to.node("Sigmoid", {x})});
    if (kind == "gelu") return to.node("Gelu", {x});
    if (kind == "leaky_relu") return to.node("LeakyRelu", {x}, {{"alpha", slope}});
    if (kind == "celu") return to.node("Celu", {x}, {{"alpha", alpha}});
    if (kind == "hard_sigmoid")
        return to.node("HardSigmoid", {x}, {{"alpha", version >= 3 ? 1.0 / 6 : 0.2}, {"beta", 0.5}});
    if (kind == "hard_tanh") return to.node("Clip", {x, to.number(-1), to.number(1)});
    if (kind == "log_sigmoid") return to.node("Neg", {to.node("Softplus", {to.node("Neg", {x})})});
    if (kind == "tanh_shrink") return to.node("Sub", {x, to.node("Tanh", {x})});
    if (kind == "hard_shrink" || kind == "soft_shrink")
        return to.node("Shrink", {x}, {{"lambd", 0.5}, {"bias", kind == "soft_shrink" ? 0.5 : 0.0}});
    config.fail("an activation that is known", "\"" + kind + "\"");
}

const std::map<std::string, layer_function, std::less<>>& plain_layers() {
    static const std::map<std::string, layer_function, std::less<>> table{
        {"Dense", dense},
        {"BatchNormalization", batch_normalization},
        {"BatchNormalizationV1", batch_normalization},
        {"BatchNormalizationV2", batch_normalization},
        {"SyncBatchNormalization", batch_normalization},
        {"LayerNormalization", layer_normalization},
        {"GroupNormalization", group_normalization},
        {"Activation", activation},
        {"ReLU", relu},
        {"LeakyReLU", leaky_relu},
        {"ELU", elu},
        {"ThresholdedReLU", thresholded_relu},
        {"Softmax", softmax},
        {"PReLU", prelu},
        {"Embedding", embedding},
        {"Rescaling", rescaling},
        {"Normalization", normalization},
        {"Dropout", identity},
        {"SpatialDropout1D", identity},
        {"SpatialDropout2D", identity},
        {"SpatialDropout3D", identity},
        {"GaussianNoise", identity},
        {"GaussianDropout", identity},
        {"AlphaDropout", identity},
        {"ActivityRegularization", identity},
        {"Identity", identity},
        {"RandomFlip", identity},
        {"RandomRotation", identity},
        {"RandomZoom", identity},
        {"RandomTranslation", identity},
        {"RandomContrast", identity},
        {"RandomBrightness", identity}};
    return table;
}

}  // namespace archetype::graph::keras
