// SPDX-License-Identifier: BSL-1.0
// Layers of Keras with windows: convolutions of all kinds, pooling, padding, cropping, enlarging.
#include "keras_graph.hpp"

#include <algorithm>
#include <limits>

namespace archetype::graph::keras {

namespace {

using sizes = std::vector<std::int64_t>;

struct window {
    std::size_t axes = 0;
    sizes kernel, strides, dilation;
    std::string padding;
    bool first = false;
};

/// Kernel, strides, padding and order of axes by the keys of a convolution.
window window_of(call& at, std::size_t axes) {
    window made;
    made.axes = axes;
    if (at.version == 1 && axes == 2) {
        made.kernel = {at.config.whole({"nb_row"}), at.config.whole({"nb_col"})};
        for (const std::int64_t one : made.kernel)
            if (one < 1) at.config.fail("a kernel above 0", std::to_string(one));
    } else {
        made.kernel = at.config.sizes({"kernel_size", "filter_length"}, axes, 0);
    }
    made.strides = at.config.sizes({"strides", "subsample", "subsample_length"}, axes, 1);
    made.dilation = at.config.sizes({"dilation_rate", "atrous_rate"}, axes, 1);
    made.padding = at.config.text({"padding", "border_mode"}, "valid");
    if (made.padding != "valid" && made.padding != "same" && !(made.padding == "causal" && axes == 1))
        at.config.fail(axes == 1 ? "padding valid, same or causal" : "padding valid or same",
                       "\"" + made.padding + "\"");
    made.first = at.is_channels_first();
    return made;
}

symbol first_of(call& at, const window& of) {
    const symbol x = at.only(static_cast<int>(of.axes) + 2);
    return of.first ? x : at.to.channels_first(x);
}
std::vector<symbol> result(call& at, const window& of, value_id y) {
    const symbol made{y, static_cast<int>(of.axes) + 2};
    return {of.first ? made : at.to.channels_last(made)};
}

attributes attributes_of(const window& of, std::int64_t groups) {
    attributes made{
        {"kernel_shape", of.kernel}, {"strides", of.strides}, {"dilations", of.dilation}, {"group", groups}};
    if (of.padding == "same") made["auto_pad"] = std::string("SAME_UPPER");
    if (of.padding == "causal") made["pads"] = sizes{(of.kernel[0] - 1) * of.dilation[0], 0};
    return made;
}

/// [window..., in, out] as ONNX' [out, in, window...].
weight filters_first(const weight& from, std::size_t axes) {
    std::vector<std::size_t> order{axes + 1, axes};
    for (std::size_t axis = 0; axis < axes; ++axis) order.push_back(axis);
    return turned(from, order);
}
shape_type kernel_shape(const window& of, std::int64_t in, std::int64_t out) {
    shape_type made = of.kernel;
    made.push_back(in);
    made.push_back(out);
    return made;
}

value_id constant(call& at, std::string_view name, weight from) {
    return at.to.constant(at.name_of(name), std::move(from.shape), std::move(from.values));
}

template <std::size_t Axes>
std::vector<symbol> convolution(call& at) {
    const std::int64_t filters = at.config.whole({"filters", "nb_filter"});
    const window of = window_of(at, Axes);
    const std::int64_t groups = at.config.whole({"groups"}, 1);
    const bool bias = at.config.truth({"use_bias", "bias"}, true);
    at.config.expect("lora_rank", false);
    std::vector<call::wanted> wanted{{"kernel", kernel_shape(of, -1, filters), "W"}};
    const bool old_line = at.version == 1 && Axes == 1;               // [length, 1, in, out]
    const bool old_first = at.version == 1 && Axes == 2 && of.first;  // [out, in, rows, columns]
    if (old_line) wanted[0].shape = {of.kernel[0], 1, -1, filters};
    if (old_first) wanted[0].shape = {filters, -1, of.kernel[0], of.kernel[Axes - 1]};
    if (bias) wanted.push_back({"bias", {filters}, "b"});
    std::vector<weight> read = at.read(wanted);
    if (old_line) read[0].shape.erase(read[0].shape.begin() + 1);
    if (!old_first) read[0] = filters_first(read[0], Axes);
    if (groups < 1 || filters < 1 || filters % groups != 0)
        at.config.fail("filters that groups share",
                       std::to_string(filters) + " and " + std::to_string(groups));
    std::vector<value_id> inputs{first_of(at, of).id, constant(at, "kernel", std::move(read[0]))};
    if (bias) inputs.push_back(constant(at, "bias", std::move(read[1])));
    const value_id y = at.to.node("Conv", inputs, attributes_of(of, groups));
    return result(at, of, at.activated(y));
}

/// [window..., channels, multiplier] as ONNX' [channels * multiplier, 1, window...].
weight depthwise_kernel(const weight& from, std::size_t axes) {
    std::vector<std::size_t> order{axes, axes + 1};
    for (std::size_t axis = 0; axis < axes; ++axis) order.push_back(axis);
    weight made = turned(from, order);
    made.shape[0] *= made.shape[1];
    made.shape[1] = 1;
    return made;
}

template <std::size_t Axes>
std::vector<symbol> depthwise(call& at) {
    const window of = window_of(at, Axes);
    const std::int64_t multiplier = at.config.whole({"depth_multiplier"}, 1);
    const bool bias = at.config.truth({"use_bias"}, true);
    at.config.skip({"filters"});  // null, or what the channels are
    if (at.config.whole({"groups"}, 1) != 1) at.config.fail("groups 1", "others");
    std::vector<call::wanted> wanted{{"depthwise_kernel", kernel_shape(of, -1, multiplier)}};
    if (bias) wanted.push_back({"bias", {-1}});
    // Keras 3 calls it "kernel".
    std::vector<weight> read = at.read(wanted);
    const std::int64_t channels = read[0].shape[Axes];
    if (bias && read[1].shape[0] != channels * multiplier)
        at.config.fail("a bias of " + std::to_string(channels * multiplier), shape_text(read[1].shape));
    std::vector<value_id> inputs{first_of(at, of).id,
                                 constant(at, "kernel", depthwise_kernel(read[0], Axes))};
    if (bias) inputs.push_back(constant(at, "bias", std::move(read[1])));
    return result(at, of, at.activated(at.to.node("Conv", inputs, attributes_of(of, channels))));
}

template <std::size_t Axes>
std::vector<symbol> separable(call& at) {
    const std::int64_t filters = at.config.whole({"filters", "nb_filter"});
    const window of = window_of(at, Axes);
    const std::int64_t multiplier = at.config.whole({"depth_multiplier"}, 1);
    const bool bias = at.config.truth({"use_bias", "bias"}, true);
    if (at.config.whole({"groups"}, 1) != 1) at.config.fail("groups 1", "others");
    window point = of;
    point.kernel.assign(Axes, 1);
    std::vector<call::wanted> wanted{{"depthwise_kernel", kernel_shape(of, -1, multiplier)},
                                     {"pointwise_kernel", kernel_shape(point, -1, filters)}};
    if (bias) wanted.push_back({"bias", {filters}});
    std::vector<weight> read = at.read(wanted);
    const std::int64_t channels = read[0].shape[Axes];
    if (read[1].shape[Axes] != channels * multiplier)
        at.config.fail("a pointwise kernel of " + std::to_string(channels * multiplier) + " channels",
                       shape_text(read[1].shape));
    const value_id middle = at.to.node(
        "Conv", {first_of(at, of).id, constant(at, "depthwise/kernel", depthwise_kernel(read[0], Axes))},
        attributes_of(of, channels));
    std::vector<value_id> inputs{middle, constant(at, "pointwise/kernel", filters_first(read[1], Axes))};
    if (bias) inputs.push_back(constant(at, "pointwise/bias", std::move(read[2])));
    return result(at, of, at.activated(at.to.node("Conv", inputs, {{"kernel_shape", sizes(Axes, 1)}})));
}

template <std::size_t Axes>
std::vector<symbol> transposed(call& at) {
    const std::int64_t filters = at.config.whole({"filters", "nb_filter"});
    const window of = window_of(at, Axes);
    const bool bias = at.config.truth({"use_bias", "bias"}, true);
    const std::int64_t groups = at.config.whole({"groups"}, 1);
    if (groups != 1) at.config.fail("groups 1", std::to_string(groups));
    if (at.version == 1)
        at.config.fail("a file of Keras 2 or 3 for transposed convolutions", "one of Keras 1");
    const auto extra = at.config.wholes({"output_padding"});
    if (extra && extra->size() != 1 && extra->size() != Axes)
        at.config.fail("an output_padding for each axis", std::to_string(extra->size()));
    std::vector<call::wanted> wanted{{"kernel", kernel_shape(of, filters, -1)}};
    if (bias) wanted.push_back({"bias", {filters}});
    std::vector<weight> read = at.read(wanted);
    // [window..., out, in] as [in, out, window...]
    std::vector<value_id> inputs{first_of(at, of).id, constant(at, "kernel", filters_first(read[0], Axes))};
    if (bias) inputs.push_back(constant(at, "bias", std::move(read[1])));
    // Keras says how long the result is, ONNX what of the full one is cut away.
    sizes pads(2 * Axes, 0);
    sizes more(Axes, 0);
    for (std::size_t axis = 0; axis < Axes; ++axis) {
        const std::int64_t reach = (of.kernel[axis] - 1) * of.dilation[axis] + 1;
        const std::int64_t stride = of.strides[axis];
        std::int64_t cut = 0;  // of the full result, (n - 1) * stride + reach
        if (of.padding == "same") cut = reach - stride;
        if (of.padding == "valid") cut = std::min<std::int64_t>(reach - stride, 0);
        if (extra) {
            const std::int64_t own = (*extra)[extra->size() == 1 ? 0 : axis];
            if (own < 0 || own >= stride)
                at.config.fail("an output_padding from 0 to strides - 1", std::to_string(own));
            cut = (of.padding == "same" ? 2 * (reach / 2) : 0) - own;
        }
        if (cut < 0) {
            more[axis] = -cut;
        } else {
            pads[axis] = cut / 2;
            pads[Axes + axis] = cut - cut / 2;
        }
    }
    const value_id y = at.to.node("ConvTranspose", inputs,
                                  {{"kernel_shape", of.kernel},
                                   {"strides", of.strides},
                                   {"dilations", of.dilation},
                                   {"group", std::int64_t{1}},
                                   {"pads", pads},
                                   {"output_padding", more}});
    return result(at, of, at.activated(y));
}

template <std::size_t Axes, bool Largest>
std::vector<symbol> pooling(call& at) {
    window of;
    of.axes = Axes;
    of.kernel = at.config.sizes({"pool_size", "pool_length"}, Axes, 2);
    const json* strides = at.config.whole_config().find("strides");
    if (strides == nullptr) strides = at.config.whole_config().find("stride");
    at.config.skip({"strides", "stride"});
    of.strides = of.kernel;
    if (strides != nullptr && !strides->is_null())
        of.strides = at.config.sizes({"strides", "stride"}, Axes, 1);
    of.padding = at.config.text({"padding", "border_mode"}, "valid");
    if (of.padding != "valid" && of.padding != "same")
        at.config.fail("padding valid or same", "\"" + of.padding + "\"");
    of.first = at.is_channels_first();
    attributes given{{"kernel_shape", of.kernel}, {"strides", of.strides}};
    if (of.padding == "same") given["auto_pad"] = std::string("SAME_UPPER");
    return result(at, of, at.to.node(Largest ? "MaxPool" : "AveragePool", {first_of(at, of).id}, given));
}

template <std::size_t Axes, bool Largest>
std::vector<symbol> global_pooling(call& at) {
    const bool first = at.is_channels_first();
    const bool keeps = at.config.truth({"keepdims"}, false);
    const symbol x = at.only(static_cast<int>(Axes) + 2);
    sizes axes;
    for (std::size_t axis = 0; axis < Axes; ++axis)
        axes.push_back(static_cast<std::int64_t>(axis) + (first ? 2 : 1));
    const value_id y = at.to.node(Largest ? "ReduceMax" : "ReduceMean", {x.id, at.to.wholes(axes)},
                                  {{"keepdims", std::int64_t{keeps ? 1 : 0}}});
    return {{y, keeps ? x.rank : 2}};
}

/// What is before and behind each axis: {before of all axes, behind of all axes}.
sizes both_sides(call& at, layer_config::keys names, std::size_t axes) {
    const json* found = at.config.take(names);
    sizes made(2 * axes, 1);
    const auto bad = [&]() {
        at.config.fail("whole numbers from 0 for each side", found == nullptr ? "none" : found->summary());
    };
    if (found == nullptr) return made;
    const auto number = [&](const json& from) {
        if (!from.whole() || *from.whole() < 0 || *from.whole() > (1 << 30)) bad();
        return *from.whole();
    };
    if (found->list() == nullptr) return sizes(2 * axes, number(*found));
    const json_list& all = *found->list();
    const bool one_axis = axes == 1 && all.size() == 2;  // (before, behind)
    if (!one_axis && all.size() != axes && !(axes == 2 && all.size() == 4)) bad();
    for (std::size_t k = 0; k < axes; ++k) {
        if (one_axis || all.size() == 4) {  // Keras 1: top, bottom, left, right
            made[k] = number(all[2 * k]);
            made[axes + k] = number(all[2 * k + 1]);
        } else if (all[k].list() != nullptr) {
            if (all[k].list()->size() != 2) bad();
            made[k] = number((*all[k].list())[0]);
            made[axes + k] = number((*all[k].list())[1]);
        } else {
            made[k] = made[axes + k] = number(all[k]);
        }
    }
    return made;
}

template <std::size_t Axes>
std::vector<symbol> zero_padding(call& at) {
    window of;
    of.axes = Axes;
    of.first = at.is_channels_first();
    const sizes sides = both_sides(at, {"padding"}, Axes);
    sizes pads(2, 0);
    pads.insert(pads.end(), sides.begin(), sides.begin() + Axes);
    pads.insert(pads.end(), 2, 0);
    pads.insert(pads.end(), sides.begin() + Axes, sides.end());
    return result(
        at, of,
        at.to.node("Pad", {first_of(at, of).id, at.to.wholes(pads)}, {{"mode", std::string("constant")}}));
}

template <std::size_t Axes>
std::vector<symbol> cropping(call& at) {
    window of;
    of.axes = Axes;
    of.first = at.is_channels_first();
    const sizes sides = both_sides(at, {"cropping"}, Axes);
    sizes starts;
    sizes ends;
    sizes axes;
    for (std::size_t k = 0; k < Axes; ++k) {
        starts.push_back(sides[k]);
        ends.push_back(sides[Axes + k] == 0 ? std::numeric_limits<std::int64_t>::max() : -sides[Axes + k]);
        axes.push_back(static_cast<std::int64_t>(k) + 2);
    }
    return result(at, of,
                  at.to.node("Slice", {first_of(at, of).id, at.to.wholes(starts), at.to.wholes(ends),
                                       at.to.wholes(axes)}));
}

attributes enlarging(call& at, const std::string& how) {
    if (how == "nearest")
        return {{"mode", std::string("nearest")},
                {"coordinate_transformation_mode", std::string("asymmetric")},
                {"nearest_mode", std::string("floor")}};
    if (how == "bilinear")
        return {{"mode", std::string("linear")},
                {"coordinate_transformation_mode", std::string("half_pixel")}};
    if (how == "bicubic")  // what lies beyond the edges counts for nothing, as TensorFlow has it
        return {{"mode", std::string("cubic")},
                {"coordinate_transformation_mode", std::string("half_pixel")},
                {"cubic_coeff_a", -0.5},
                {"exclude_outside", std::int64_t{1}}};
    at.config.fail("interpolation nearest, bilinear or bicubic", "\"" + how + "\"");
}

template <std::size_t Axes>
std::vector<symbol> upsampling(call& at) {
    window of;
    of.axes = Axes;
    of.first = at.is_channels_first();
    const sizes factors = at.config.sizes({"size", "length"}, Axes, 2);
    const attributes given = enlarging(at, at.config.text({"interpolation"}, "nearest"));
    std::vector<float> scales{1, 1};
    for (const std::int64_t one : factors) scales.push_back(static_cast<float>(one));
    const value_id scale =
        at.to.constant(at.name_of("factors"), {static_cast<std::int64_t>(scales.size())}, scales);
    return result(at, of, at.to.node("Resize", {first_of(at, of).id, no_value, scale}, given));
}

std::vector<symbol> repeat_vector(call& at) {
    const std::int64_t count = at.config.whole({"n"});
    const symbol x = at.only(2);
    if (count < 1 || count > (1 << 30)) at.config.fail("n above 0", std::to_string(count));
    const value_id wide = at.to.node("Unsqueeze", {x.id, at.to.wholes({2})});  // {samples, features, 1}
    const value_id scale = at.to.constant(at.name_of("factors"), {3}, {1, 1, static_cast<float>(count)});
    const value_id y = at.to.node("Resize", {wide, no_value, scale}, enlarging(at, "nearest"));
    return {at.to.channels_last({y, 3})};
}

std::vector<symbol> resizing(call& at) {
    window of;
    of.axes = 2;
    of.first = at.is_channels_first();
    const std::int64_t rows = at.config.whole({"height"});
    const std::int64_t columns = at.config.whole({"width"});
    for (const std::string_view key : {"crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"})
        at.config.expect(key, false);
    at.config.skip({"fill_mode", "fill_value"});  // of pad_to_aspect_ratio
    if (rows < 1 || columns < 1) at.config.fail("a height and a width above 0", "others");
    const std::string how = at.config.text({"interpolation"}, "bilinear");
    attributes given = enlarging(at, how);
    if (how == "nearest") {
        given["coordinate_transformation_mode"] = std::string("half_pixel");
        given["nearest_mode"] = std::string("round_prefer_ceil");
    }
    given["axes"] = sizes{2, 3};
    return result(
        at, of,
        at.to.node("Resize", {first_of(at, of).id, no_value, no_value, at.to.wholes({rows, columns})},
                   given));
}

}  // namespace

const std::map<std::string, layer_function, std::less<>>& convolution_layers() {
    static const std::map<std::string, layer_function, std::less<>> table{
        {"Conv1D", convolution<1>},
        {"Conv2D", convolution<2>},
        {"Conv3D", convolution<3>},
        {"Convolution1D", convolution<1>},
        {"Convolution2D", convolution<2>},
        {"AtrousConvolution2D", convolution<2>},
        {"DepthwiseConv1D", depthwise<1>},
        {"DepthwiseConv2D", depthwise<2>},
        {"SeparableConv1D", separable<1>},
        {"SeparableConv2D", separable<2>},
        {"SeparableConvolution2D", separable<2>},
        {"Conv1DTranspose", transposed<1>},
        {"Conv2DTranspose", transposed<2>},
        {"MaxPooling1D", pooling<1, true>},
        {"MaxPooling2D", pooling<2, true>},
        {"MaxPooling3D", pooling<3, true>},
        {"AveragePooling1D", pooling<1, false>},
        {"AveragePooling2D", pooling<2, false>},
        {"AveragePooling3D", pooling<3, false>},
        {"GlobalMaxPooling1D", global_pooling<1, true>},
        {"GlobalMaxPooling2D", global_pooling<2, true>},
        {"GlobalMaxPooling3D", global_pooling<3, true>},
        {"GlobalAveragePooling1D", global_pooling<1, false>},
        {"GlobalAveragePooling2D", global_pooling<2, false>},
        {"GlobalAveragePooling3D", global_pooling<3, false>},
        {"ZeroPadding1D", zero_padding<1>},
        {"ZeroPadding2D", zero_padding<2>},
        {"ZeroPadding3D", zero_padding<3>},
        {"Cropping1D", cropping<1>},
        {"Cropping2D", cropping<2>},
        {"Cropping3D", cropping<3>},
        {"UpSampling1D", upsampling<1>},
        {"UpSampling2D", upsampling<2>},
        {"UpSampling3D", upsampling<3>},
        {"RepeatVector", repeat_vector},
        {"Resizing", resizing}};
    return table;
}

}  // namespace archetype::graph::keras
