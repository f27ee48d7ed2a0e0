// SPDX-License-Identifier: BSL-1.0
// Convolutions, pooling and resizing: what sees an image {rows, columns, channels}, a sequence {time, features} or a volume.
#include "lowering.hpp"
#include "turned.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace archetype::lower {

namespace {

using integers = std::vector<std::int64_t>;

/// An input as an image or a sequence: its layer, and where each channel of the file lies.
struct image {
    std::size_t layer = 0;
    std::vector<std::size_t> channels;
    bool in_order = true;
    std::vector<std::size_t> channel_order;  ///< atoms of channels in the library's order
};

std::optional<image> image_of(lowering& to, std::size_t most_axes = 4) {
    const shape_type& files = to.shape(0);
    if (files.size() < 3 || files.size() > most_axes) {
        // What reads the result of a node that was refused is part of that.
        if (to.in(0).is_certain)
            to.refuse("images {N, C, rows, columns}, sequences {N, C, time} and volumes in windows");
        return std::nullopt;
    }
    if (files[0] != 1) {
        to.refuse("one sample: the first axis must have extent 1 (--input gives another shape)");
        return std::nullopt;
    }
    value_place from = to.in(0);
    from.where = merged(from.where);
    std::vector<std::size_t> order;
    for (std::size_t axis = 2; axis < files.size(); ++axis)
        order.insert(order.end(), from.where.axes[axis].begin(), from.where.axes[axis].end());
    const std::vector<std::size_t> last = in_library_order(from.where, from.where.axes[1]);
    order.insert(order.end(), last.begin(), last.end());
    const auto ordered = to.with_order(from.layer, from.where, order);
    if (!ordered) {
        to.refuse_order(0, "rows, columns, channels");
        return std::nullopt;
    }
    to.in(0).layer = *ordered;
    to.in(0).where = from.where;
    const layout& where = to.in(0).where;
    image made;
    shape_type shape(files.begin() + 2, files.end());
    shape.push_back(files[1]);
    made.layer = to.with_shape(to.in(0).layer, shape);
    made.channels = places(where, where.axes[1]);
    made.in_order = std::is_sorted(made.channels.begin(), made.channels.end());
    return made;
}

/// The layout of {1, C, rows, columns} or {1, C, time} with channels last; with `like` they keep the order that they have there.
layout result_layout(const shape_type& files, const layout* like = nullptr) {
    layout made = channels_last(files);
    if (like == nullptr || like->axes[1].size() < 2) return made;
    // Channels in several atoms: these take the place of the one.
    made.order.clear();
    made.extents.clear();
    made.axes.assign(files.size(), {});
    const auto new_atom = [&](std::int64_t extent) {
        made.extents.push_back(extent);
        return made.extents.size() - 1;
    };
    for (std::size_t axis = 2; axis < files.size(); ++axis)
        if (files[axis] != 1) {
            made.axes[axis].push_back(new_atom(files[axis]));
            made.order.push_back(made.axes[axis].back());
        }
    std::map<std::size_t, std::size_t> numbers;
    for (const std::size_t atom : like->axes[1]) {
        numbers[atom] = new_atom(like->extents[atom]);
        made.axes[1].push_back(numbers[atom]);
    }
    for (const std::size_t atom : in_library_order(*like, like->axes[1])) made.order.push_back(numbers[atom]);
    return made;
}

/// What an operator says of its windows, one entry for each axis.
struct windows {
    integers kernel, strides, dilations, pads;  ///< pads: before each axis, then after each
    bool same = false, same_lower = false;
};

std::optional<windows> windows_of(lowering& to, std::size_t axes, const integers& kernel) {
    windows made;
    made.kernel = kernel;
    if (kernel.size() != axes) {
        to.refuse("a window of as many axes as the image");
        return std::nullopt;
    }
    made.strides = to.integers("strides", axes, 1);
    made.dilations = to.integers("dilations", axes, 1);
    made.pads = to.integers("pads", 2 * axes, 0);
    const std::string automatic = rewrite::text_of(to.node(), "auto_pad", "NOTSET");
    made.same = automatic == "SAME_UPPER";
    made.same_lower = automatic == "SAME_LOWER";
    if (automatic == "VALID" || made.same || made.same_lower) made.pads.assign(2 * axes, 0);
    if (made.same || made.same_lower) {
        bool any = false;
        for (std::size_t axis = 0; axis < axes; ++axis) {
            const std::int64_t in = to.shape(0)[axis + 2];
            const std::int64_t out = (in + made.strides[axis] - 1) / made.strides[axis];
            const std::int64_t reach = made.dilations[axis] * (made.kernel[axis] - 1) + 1;
            const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * made.strides[axis] + reach - in);
            made.pads[axis] = made.same ? total / 2 : total - total / 2;
            made.pads[axes + axis] = total - made.pads[axis];
            any = any || total > 0;
        }
        if (!any) made.same = made.same_lower = false;
    }
    if (std::any_of(made.pads.begin(), made.pads.end(), [](auto one) { return one < 0; })) {
        to.refuse("padding of 0 and more");
        return std::nullopt;
    }
    return made;
}

bool all_are(const integers& numbers, std::int64_t one) {
    return std::all_of(numbers.begin(), numbers.end(), [&](auto other) { return other == one; });
}

/// Stride, padding and dilation as options of a convolution.
void add_options(const windows& of, std::vector<std::string>& to) {
    const std::size_t axes = of.kernel.size();
    if (!all_are(of.strides, 1)) to.push_back(option("stride", of.strides));
    if (!all_are(of.dilations, 1)) to.push_back(option("dilation", of.dilations));
    const bool causal =
        axes == 1 && of.pads[1] == 0 && of.pads[0] > 0 && of.pads[0] == of.dilations[0] * (of.kernel[0] - 1);
    if (of.same)
        to.emplace_back("at::same");
    else if (of.same_lower)
        to.emplace_back("at::same_lower");
    else if (causal)
        to.emplace_back("at::causal");
    else if (const std::string text = padding_text(of.pads); !text.empty())
        to.push_back(text);
}

std::vector<float> rounded(const std::vector<double>& numbers) { return {numbers.begin(), numbers.end()}; }

/// Kernels {K, C / groups, taps...} as the library stores them: taps, then channels, then filters.
number_list kernel_numbers(const array& weights, const std::vector<std::size_t>& channels) {
    return {weights.size(), [weights, channels] {
                const auto inner = static_cast<std::size_t>(weights.shape[1]);
                const std::size_t taps =
                    weights.size() / (static_cast<std::size_t>(weights.shape[0]) * inner);
                std::vector<std::size_t> places(inner * taps);
                for (std::size_t i = 0; i < places.size(); ++i)
                    places[i] = i % taps * inner + channels[i / taps];
                return turned(weights, places);
            }};
}

shape_type joined(integers taps, std::int64_t a, std::int64_t b) {
    taps.push_back(a);
    taps.push_back(b);
    return taps;
}

/// The end of a layer's name: "1d", "2d", "3d".
std::string of_axes(std::size_t axes) { return std::to_string(axes) + "d"; }

bool convolution(lowering& to) {
    const auto from = image_of(to, 5);
    if (!from) return false;
    if (!to.is_constant(1) || (to.has(2) && !to.is_constant(2)))
        return to.refuse("a kernel and a bias that are constants");
    const array weights = to.constant(1);
    const std::size_t axes = to.shape(0).size() - 2;
    const integers kernel(weights.shape.begin() + 2, weights.shape.end());
    const auto slid = windows_of(to, axes, kernel);
    if (!slid) return false;
    const std::int64_t channels = to.shape(0)[1];
    const std::int64_t filters = weights.shape[0];
    const std::int64_t groups = to.integer("group", 1);
    const bool depthwise = groups == channels && channels > 1 && axes != 3;
    if (!from->in_order && groups != 1 && !(depthwise && filters == channels))
        return to.refuse_order(0, "channels in order");
    const std::string suffix = of_axes(axes);
    std::vector<std::string> arguments;
    std::vector<tensor> tensors;
    layout where = result_layout(to.out_shape());
    std::vector<std::size_t> bias_places(static_cast<std::size_t>(filters));
    for (std::size_t k = 0; k < bias_places.size(); ++k) bias_places[k] = k;
    if (depthwise) {
        const std::int64_t multiplier = filters / channels;
        arguments.push_back(window_text(kernel));
        if (multiplier != 1) arguments.push_back("at::depth_multiplier<" + std::to_string(multiplier) + ">");
        if (!from->in_order) {
            where = result_layout(to.out_shape(), &to.in(0).where);
            bias_places = from->channels;
        }
        // The filters of a channel lie one after the other, as in the file.
        std::vector<float> numbers(weights.size());
        const std::size_t taps = weights.size() / static_cast<std::size_t>(filters);
        for (std::size_t k = 0; k < static_cast<std::size_t>(filters); ++k)
            for (std::size_t t = 0; t < taps; ++t)
                numbers[t * static_cast<std::size_t>(filters) + bias_places[k]] =
                    static_cast<float>(weights.as_reals()[k * taps + t]);
        tensors.push_back({"kernel", joined(kernel, channels, multiplier), std::move(numbers)});
    } else {
        arguments.push_back(std::to_string(filters));
        arguments.push_back(window_text(kernel));
        std::vector<std::size_t> order = from->channels;
        if (groups != 1) {
            arguments.push_back("at::groups<" + std::to_string(groups) + ">");
            order.resize(static_cast<std::size_t>(channels / groups));
            for (std::size_t c = 0; c < order.size(); ++c) order[c] = c;
        }
        tensors.push_back(
            {"kernel", joined(kernel, channels / groups, filters), kernel_numbers(weights, order)});
    }
    add_options(*slid, arguments);
    if (to.has(2)) {
        const array bias = to.constant(2);
        std::vector<float> numbers(bias.size());
        for (std::size_t k = 0; k < numbers.size(); ++k)
            numbers[bias_places.at(k)] = static_cast<float>(bias.as_reals()[k]);
        tensors.push_back({"bias", {filters}, std::move(numbers)});
    } else {
        arguments.emplace_back("at::no_bias");
    }
    shape_type shape(to.out_shape().begin() + 2, to.out_shape().end());
    shape.push_back(filters);
    const std::size_t made = to.add((depthwise ? "depthwise_conv" : "conv") + suffix, arguments,
                                    {from->layer}, shape, std::move(tensors));
    to.at(made).name = to.name_for(1);
    to.give(made, where);
    return true;
}

bool transposed_convolution(lowering& to) {
    const auto from = image_of(to);
    if (!from) return false;
    if (!to.is_constant(1) || (to.has(2) && !to.is_constant(2)))
        return to.refuse("a kernel and a bias that are constants");
    const std::int64_t groups = to.integer("group", 1);
    if (groups != 1 && !from->in_order) return to.refuse_order(0, "channels in order");
    const array weights = to.constant(1);  // {C, K, taps...}
    const std::size_t axes = to.shape(0).size() - 2;
    const integers kernel(weights.shape.begin() + 2, weights.shape.end());
    integers strides = to.integers("strides", axes, 1);
    integers dilations = to.integers("dilations", axes, 1);
    integers more = to.integers("output_padding", axes, 0);
    integers pads = to.integers("pads", 2 * axes, 0);
    const std::string automatic = rewrite::text_of(to.node(), "auto_pad", "NOTSET");
    if (automatic != "NOTSET" || to.node().attributes.contains("output_shape"))
        for (std::size_t axis = 0; axis < axes; ++axis) {
            const std::int64_t whole = (to.shape(0)[axis + 2] - 1) * strides[axis] +
                                       dilations[axis] * (kernel[axis] - 1) + 1 + more[axis];
            const std::int64_t cut = whole - to.out_shape()[axis + 2];
            pads[axis] = automatic == "SAME_UPPER" ? cut / 2 : cut - cut / 2;
            pads[axes + axis] = cut - pads[axis];
        }
    // What is cut off less at the end than nothing is padding of the output.
    for (std::size_t axis = 0; axis < axes; ++axis)
        if (pads[axes + axis] < 0) {
            more[axis] -= pads[axes + axis];
            pads[axes + axis] = 0;
        }
    if (std::any_of(pads.begin(), pads.end(), [](auto one) { return one < 0; }))
        return to.refuse("padding of 0 and more");
    const integers& taps = kernel;
    const std::int64_t channels = weights.shape[0];
    const std::int64_t filters = weights.shape[1];
    const std::size_t count = weights.size() / static_cast<std::size_t>(channels * filters);
    std::vector<float> numbers(weights.size());
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c)
        for (std::size_t k = 0; k < static_cast<std::size_t>(filters); ++k)
            for (std::size_t t = 0; t < count; ++t)
                numbers[(t * static_cast<std::size_t>(filters) + k) * static_cast<std::size_t>(channels) +
                        from->channels[c]] =
                    static_cast<float>(
                        weights.as_reals()[(c * static_cast<std::size_t>(filters) + k) * count + t]);
    std::vector<tensor> tensors{{"kernel", joined(taps, filters, channels), std::move(numbers)}};
    const std::int64_t results = filters * groups;
    std::vector<std::string> arguments{std::to_string(results), window_text(taps)};
    if (groups != 1) arguments.push_back("at::groups<" + std::to_string(groups) + ">");
    if (!all_are(strides, 1)) arguments.push_back(option("stride", strides));
    if (!all_are(dilations, 1)) arguments.push_back(option("dilation", dilations));
    if (const std::string text = padding_text(pads); !text.empty()) arguments.push_back(text);
    if (!all_are(more, 0)) arguments.push_back(option("output_padding", more));
    if (to.has(2))
        tensors.push_back({"bias", {results}, rounded(to.constant(2).as_reals())});
    else
        arguments.emplace_back("at::no_bias");
    shape_type shape(to.out_shape().begin() + 2, to.out_shape().end());
    shape.push_back(results);
    const std::size_t made = to.add(axes == 1 ? "conv1d_transpose" : "conv2d_transpose", arguments,
                                    {from->layer}, shape, std::move(tensors));
    to.at(made).name = to.name_for(1);
    to.give(made, result_layout(to.out_shape()));
    return true;
}

bool pooling(lowering& to) {
    const bool largest = to.node().operation == "MaxPool";
    if (to.node().outputs.size() > 1 && to.node().outputs[1] != graph::no_value)
        return to.refuse("the maximum, not its place");
    const auto from = image_of(to, 5);
    if (!from) return false;
    const std::size_t axes = to.shape(0).size() - 2;
    auto slid = windows_of(to, axes, rewrite::integers_of(to.node(), "kernel_shape"));
    if (!slid) return false;
    if (!largest && !all_are(slid->dilations, 1)) return to.refuse("an average without dilation");
    for (std::size_t axis = 0; axis < axes; ++axis)
        if (slid->pads[axis] >= slid->kernel[axis] || slid->pads[axes + axis] >= slid->kernel[axis])
            return to.refuse("padding smaller than the window");
    std::vector<std::string> arguments{window_text(slid->kernel)};
    if (slid->strides != slid->kernel) arguments.push_back(option("stride", slid->strides));
    if (!all_are(slid->dilations, 1)) arguments.push_back(option("dilation", slid->dilations));
    const bool counted = to.integer("count_include_pad", 0) != 0;
    if (!largest && counted) slid->same = slid->same_lower = false;
    const std::string padding = padding_text(slid->pads);
    if (slid->same || slid->same_lower) {
        arguments.emplace_back(slid->same ? "at::same" : "at::same_lower");
    } else if (!padding.empty()) {
        arguments.push_back(padding);
        if (!largest && !counted) arguments.emplace_back("at::exclude_padding");
    }
    if (to.integer("ceil_mode", 0) != 0) {
        // Without a remainder it changes nothing.
        bool remains = false;
        for (std::size_t axis = 0; axis < axes; ++axis) {
            const std::int64_t reach = slid->dilations[axis] * (slid->kernel[axis] - 1) + 1;
            remains =
                remains || (to.shape(0)[axis + 2] + slid->pads[axis] + slid->pads[axes + axis] - reach) %
                                   slid->strides[axis] !=
                               0;
        }
        if (remains) arguments.emplace_back("at::ceil_mode");
    }
    shape_type shape(to.out_shape().begin() + 2, to.out_shape().end());
    shape.push_back(to.out_shape()[1]);
    const std::string type = std::string(largest ? "max" : "avg") + "_pool" + of_axes(axes);
    to.give(to.add(type, arguments, {from->layer}, shape), result_layout(to.out_shape(), &to.in(0).where));
    return true;
}

/// The root of the sum of squares.
bool norm_pooling(lowering& to) {
    if (to.integer("p", 2) != 2) return to.refuse("the norm of 2");
    const auto from = image_of(to);
    if (!from) return false;
    if (to.shape(0).size() != 4) return to.refuse("images");
    const auto slid = windows_of(to, 2, rewrite::integers_of(to.node(), "kernel_shape"));
    if (!slid) return false;
    if (!all_are(slid->dilations, 1)) return to.refuse("windows without dilation");
    const shape_type &in = to.shape(0), &out = to.out_shape();
    bool remains = false;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        // Zeros at the end are cells that the last window does not have.
        const std::int64_t span = in[axis + 2] - slid->kernel[axis];
        const std::int64_t whole = span / slid->strides[axis] + 1;
        const std::int64_t beyond = (span + slid->strides[axis] - 1) / slid->strides[axis] + 1;
        if (slid->pads[axis] != 0 || span < 0 || (out[axis + 2] != whole && out[axis + 2] != beyond))
            return to.refuse("windows without padding");
        remains = remains || out[axis + 2] != whole;
    }
    for (std::size_t axis = 0; axis < 2 && remains; ++axis) {
        const std::int64_t span = in[axis + 2] - slid->kernel[axis];
        if (span % slid->strides[axis] != 0 && out[axis + 2] == span / slid->strides[axis] + 1)
            return to.refuse("both axes with windows over the edge, or none");
    }
    std::vector<std::string> arguments{window_text(slid->kernel)};
    if (slid->strides != slid->kernel) arguments.push_back(option("stride", slid->strides));
    if (remains) arguments.emplace_back("at::ceil_mode");
    to.give(to.add("l2_pool2d", arguments, {from->layer}, {out[2], out[3], out[1]}),
            result_layout(out, &to.in(0).where));
    return true;
}

/// Over whole axes: of neighbours in the library's order.
bool reduce(lowering& to, const integers& axes, bool largest) {
    const layout where = merged(to.in(0).where);
    std::vector<std::size_t> atoms;
    layout left = where;
    for (const std::int64_t axis : axes) {
        const auto& own = where.axes.at(static_cast<std::size_t>(axis));
        atoms.insert(atoms.end(), own.begin(), own.end());
        left.axes[static_cast<std::size_t>(axis)].clear();
    }
    std::erase_if(left.order, [&](std::size_t atom) {
        return std::find(atoms.begin(), atoms.end(), atom) != atoms.end();
    });
    if (to.out_shape().size() != to.shape(0).size()) {  // reduced axes go
        std::vector<std::vector<std::size_t>> kept;
        for (std::size_t axis = 0; axis < left.axes.size(); ++axis)
            if (std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(axis)) == axes.end())
                kept.push_back(left.axes[axis]);
        left.axes = std::move(kept);
    }
    if (atoms.empty()) {
        to.give_view(to.in(0), left);
        to.note("a reduction over one element");
        return true;
    }
    const auto cut = split_at(where, atoms);
    if (!cut) return to.refuse_order(0, "the axes that are reduced are neighbours");
    const std::int64_t before = where.size(cut->before);
    const std::int64_t inside = where.size(cut->inside);
    const std::int64_t after = where.size(cut->after);
    const std::string kind = largest ? "max" : "avg";
    const shape_type& has = to.at(to.in(0).layer).shape;
    if (before == 1) {
        if (has.size() == 4 && has[0] * has[1] * has[2] == inside && has[3] == after) {
            to.give(to.add("global_" + kind + "_pool3d", {}, {to.in(0).layer}, {after}), left);
            return true;
        }
        if (has.size() == 3 && has[0] * has[1] == inside && has[2] == after) {
            to.give(to.add("global_" + kind + "_pool2d", {}, {to.in(0).layer}, {after}), left);
            return true;
        }
        const std::size_t from = to.with_shape(to.in(0).layer, {inside, after});
        to.give(to.add("global_" + kind + "_pool1d", {}, {from}, {after}), left);
        return true;
    }
    // One axis of the value, in the shape that it has if it has it.
    const std::string reduced = largest ? "reduce_max" : "reduce_mean";
    std::int64_t product = 1;
    std::size_t axis = 0;
    while (axis < has.size() && product != before) product *= has[axis++];
    shape_type shape = has;
    if (product != before || axis == has.size() || has[axis] != inside || has.size() > 3) {
        shape = after == 1 ? shape_type{before, inside} : shape_type{before, inside, after};
        axis = 1;
    }
    const std::size_t from = to.with_shape(to.in(0).layer, shape);
    const std::string number = axis + 1 == shape.size() ? "-1" : std::to_string(axis + 1);
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
    to.give(to.add(reduced, {number}, {from}, shape), left);
    return true;
}

bool reduction(lowering& to) {
    const bool largest = to.node().operation == "ReduceMax";
    const auto rank = static_cast<std::int64_t>(to.shape(0).size());
    integers axes = rewrite::integers_of(to.node(), "axes");
    if (to.has(1)) {
        if (!to.is_constant(1)) return to.refuse("axes that are known");
        axes = to.wholes(1);
    }
    if (axes.empty()) {
        if (to.integer("noop_with_empty_axes", 0) != 0) return to.refuse("a reduction over some axes");
        for (std::int64_t axis = 0; axis < rank; ++axis) axes.push_back(axis);
    }
    for (std::int64_t& axis : axes) axis = axis < 0 ? axis + rank : axis;
    if (to.node().operation != "ReduceSum") return reduce(to, axes, largest);
    // A sum is a mean times its number of terms.
    std::int64_t terms = 1;
    for (const std::int64_t axis : axes) terms *= to.shape(0).at(static_cast<std::size_t>(axis));
    if (!reduce(to, axes, false)) return false;
    if (terms == 1) return true;
    const value_place mean = to.result();
    const std::size_t made = to.add("activation", {}, {mean.layer}, to.at(mean.layer).shape);
    to.at(made).formula = "x * " + literal(static_cast<double>(terms));
    to.give(made, mean.where);
    return true;
}

bool global(lowering& to) {
    integers axes;
    for (std::size_t axis = 2; axis < to.shape(0).size(); ++axis)
        axes.push_back(static_cast<std::int64_t>(axis));
    return reduce(to, axes, to.node().operation == "GlobalMaxPool");
}

bool resize(lowering& to) {
    const std::string mode = rewrite::text_of(to.node(), "mode", "nearest");
    const std::string places = rewrite::text_of(to.node(), "coordinate_transformation_mode", "half_pixel");
    const std::string nearest = rewrite::text_of(to.node(), "nearest_mode", "round_prefer_floor");
    const auto from = image_of(to);
    if (!from) return false;
    const std::size_t axes = to.shape(0).size() - 2;
    const shape_type& in = to.shape(0);
    const shape_type& out = to.out_shape();
    if (in[0] != out[0] || in[1] != out[1]) return to.refuse("other rows and columns");
    const bool is_linear = mode == "linear";
    const bool is_cubic = mode == "cubic";
    static const std::set<std::string, std::less<>> rules{"half_pixel", "pytorch_half_pixel", "align_corners",
                                                          "asymmetric"};
    const bool leaves_out = to.integer("exclude_outside", 0) != 0;
    if ((mode != "nearest" && !is_linear && !is_cubic) || !rules.contains(places) ||
        to.integer("antialias", 0) != 0 || (leaves_out && !is_cubic))
        return to.refuse(
            "the nearest pixel, or linear or cubic interpolation (half_pixel, pytorch_half_pixel, "
            "align_corners, "
            "asymmetric); the file says " +
            mode + ", " + places);
    integers factors;
    bool is_multiple = true;
    for (std::size_t axis = 2; axis < in.size(); ++axis) {
        is_multiple = is_multiple && out[axis] % in[axis] == 0;
        factors.push_back(out[axis] / in[axis]);
    }
    // Places follow from the factors that the file gives, where the sizes are rounded.
    std::vector<double> rounded_factors;
    if (to.has(2) && !to.has(3) && !is_multiple) {
        const array given = to.constant(2);
        bool is_whole = true;
        for (std::size_t axis = 2; axis < in.size() && given.size() == in.size(); ++axis) {
            rounded_factors.push_back(given.as_reals()[axis]);
            is_whole = is_whole && rounded_factors.back() * static_cast<double>(in[axis]) ==
                                       static_cast<double>(out[axis]);
        }
        if (is_whole) rounded_factors.clear();
        if (rounded_factors.size() == 1) return to.refuse("a factor that makes a whole number of steps");
    }
    const bool repeats =
        mode == "nearest" && is_multiple &&
        ((places == "asymmetric" && nearest == "floor") ||
         (places == "half_pixel" && (nearest == "round_prefer_floor" || nearest == "round_prefer_ceil")));
    const std::string suffix = axes == 2 ? "2d" : "1d";
    std::string type = "resize" + suffix;
    std::vector<std::string> arguments;
    if (repeats || (is_linear && is_multiple && axes == 2 && places == "half_pixel")) {
        type = "upsampling" + suffix;
        arguments.push_back(window_text(factors));
    } else {
        if (rounded_factors.empty()) {
            arguments.push_back(window_text({out.begin() + 2, out.end()}));
        } else {
            type = "rescale2d";
            for (const double one : rounded_factors) arguments.push_back(literal(one));
        }
        if (places != "half_pixel")
            arguments.push_back("at::coordinates<at::coordinate_rule::" + places + ">");
        if (mode == "nearest" && nearest != "round_prefer_ceil")
            arguments.push_back("at::nearest<at::nearest_rule::" + nearest + ">");
    }
    if (is_linear) arguments.emplace_back("at::bilinear");
    if (is_cubic)
        arguments.push_back("at::bicubic<" + literal(rewrite::number_of(to.node(), "cubic_coeff_a", -0.75)) +
                            (leaves_out ? ", at::beyond_edge::left_out>" : ">"));
    shape_type shape(out.begin() + 2, out.end());
    shape.push_back(out[1]);
    to.give(to.add(type, arguments, {from->layer}, shape), result_layout(out, &to.in(0).where));
    return true;
}

/// Channels that become pixels, or the other way round.
bool shuffle(lowering& to) {
    const auto from = image_of(to);
    if (!from) return false;
    if (!from->in_order || to.shape(0).size() != 4) return to.refuse_order(0, "channels in order");
    const bool back = to.node().operation == "SpaceToDepth";
    const bool channels_first = rewrite::text_of(to.node(), "mode", "DCR") == "CRD";
    const shape_type& out = to.out_shape();
    to.give(to.add(back             ? "space_to_depth"
                   : channels_first ? "pixel_shuffle"
                                    : "depth_to_space",
                   {std::to_string(to.integer("blocksize", 1))}, {from->layer}, {out[2], out[3], out[1]}),
            result_layout(out));
    return true;
}

bool response_norm(lowering& to) {
    const auto from = image_of(to);
    if (!from) return false;
    if (!from->in_order) return to.refuse_order(0, "channels in order");
    const std::int64_t size = to.integer("size", 0);
    if (size % 2 == 0) return to.refuse("an odd number of channels");
    std::vector<std::string> arguments{std::to_string(size),
                                       literal(rewrite::number_of(to.node(), "alpha", 1e-4)),
                                       literal(rewrite::number_of(to.node(), "beta", 0.75)),
                                       literal(rewrite::number_of(to.node(), "bias", 1))};
    to.give(to.add("local_response_norm", arguments, {from->layer}, to.at(from->layer).shape),
            to.in(0).where);
    return true;
}

}  // namespace

const std::map<std::string_view, lower_function>& window_operators() {
    static const std::map<std::string_view, lower_function> table{
        {"Conv", convolution},         {"ConvTranspose", transposed_convolution},
        {"MaxPool", pooling},          {"AveragePool", pooling},
        {"GlobalAveragePool", global}, {"GlobalMaxPool", global},
        {"ReduceMean", reduction},     {"ReduceMax", reduction},
        {"ReduceSum", reduction},      {"Resize", resize},
        {"DepthToSpace", shuffle},     {"SpaceToDepth", shuffle},
        {"LRN", response_norm},        {"LpPool", norm_pooling}};
    return table;
}

}  // namespace archetype::lower
