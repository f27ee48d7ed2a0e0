// SPDX-License-Identifier: BSL-1.0
/// @file conv3d.hpp
/// Windows over volumes, and the convolution of them.
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// A window over a volume.
struct volume_window {
    window_axis depth, rows, columns;
    constexpr bool operator==(const volume_window&) const = default;
};

/// The window of `kernel` with `options` over the volume `in`, or what is wrong with it.
constexpr rule slide_volume(volume_window& window, const shape& in, volume kernel,
                            const option_values& options) {
    if (options.broken != rule::ok) return options.broken;
    if (kernel.size() == 0) return rule::extent_is_zero;
    if (in.rank != 4) return rule::takes_a_volume;
    window.depth = {in[0],         kernel.depth, options.depth_stride, options.depth_dilation,
                    options.front, options.back};
    window.rows = {in[1],       kernel.height, options.stride.height, options.dilation.height,
                   options.top, options.bottom};
    window.columns = {in[2],        kernel.width, options.stride.width, options.dilation.width,
                      options.left, options.right};
    const bool is_same = options.has(option::same);
    for (window_axis* axis : {&window.depth, &window.rows, &window.columns}) {
        if (!is_same && !axis->fits()) return rule::kernel_exceeds_padded_input;
        axis->slide(is_same, options.has(option::ceil_mode), options.odd_first);
        if (options.has(option::exact) && axis->remainder != 0) return rule::stride_leaves_a_remainder;
    }
    return rule::ok;
}

namespace detail {

/// Tells windows over volumes apart.
constexpr double fingerprint_of(const volume_window& window, double more = 0) {
    const window_axis &d = window.depth, &y = window.rows, &x = window.columns;
    return fingerprint({double(d.kernel), double(d.stride), double(d.dilation), double(d.before),
                        double(y.kernel), double(y.stride), double(y.dilation), double(y.before),
                        double(x.kernel), double(x.stride), double(x.dilation), double(x.before), more});
}

/// The cells along one axis that a range of results reads, those of the padding, too.
constexpr cells_read cells_of_window(const window_axis& axis, cells_read results) {
    const auto stride = static_cast<std::ptrdiff_t>(axis.stride),
               before = static_cast<std::ptrdiff_t>(axis.before),
               reach = static_cast<std::ptrdiff_t>(axis.reach());
    return {results.first * stride - before, results.last * stride - before + reach - 1};
}

/// Tells what a layer with `window_over(shape)` reads of a volume.
template <class Layer>
constexpr void add_cells_of_volume(layer_facts& facts) {
    facts.reads_cells = [](const shape& in, bool rows, cells_read results) {
        const volume_window window = Layer::window_over(in);
        return cells_of_window(rows ? window.rows : window.columns, results);
    };
    facts.reads_slices = [](const shape& in, cells_read results) {
        return cells_of_window(Layer::window_over(in).depth, results);
    };
}

/// Rows of results of a convolution that are computed at once: for each of them, the rows of the volume that its window reads
/// are copied one below the other, which makes an image of them. A divisor of all rows, so that all parts are alike. The copies
/// are at most as large as the volume, unless there are so many weights that they should be read seldom.
constexpr std::size_t volume_rows_at_once(const volume_window& window, const shape& in, std::uint64_t weights,
                                          std::size_t most_elements) {
    const std::size_t all = window.depth.output * window.rows.output;
    const std::size_t row = window.depth.kernel * window.rows.kernel * in.channels() *
                            (window.columns.before + window.columns.input + window.columns.after);
    const std::size_t room =
        weights > 16384 || most_elements < in.size() ? most_elements : static_cast<std::size_t>(in.size());
    std::size_t rows = room / row == 0 ? 1 : room / row < all ? room / row : all;
    while (all % rows != 0) --rows;
    return rows;
}
inline constexpr std::size_t volume_elements_at_once = 131072;

/// A window of one cell that reads every row once: there is nothing to copy.
constexpr bool reads_each_row_once(const volume_window& window) {
    for (const window_axis* axis : {&window.depth, &window.rows})
        if (axis->kernel != 1 || axis->stride != 1 || axis->before != 0 || axis->after != 0) return false;
    return window.columns.before == 0 && window.columns.after == 0;
}

/// All of conv3d's rule on values.
constexpr layer_facts describe_conv3d(const shape& in, std::size_t filters, volume kernel,
                                      const option_values& options) {
    layer_facts facts = blank_facts;
    volume_window window;
    facts.broken = filters == 0 ? rule::extent_is_zero : slide_volume(window, in, kernel, options);
    if (facts.broken != rule::ok) return facts;
    if (in.channels() % options.groups != 0)
        return broken_layer(rule::input_channels_are_not_divisible_by_groups);
    if (filters % options.groups != 0) return broken_layer(rule::filters_are_not_divisible_by_groups);
    facts.groups = options.groups;
    facts.shrinks = options.stride;
    facts.output = {window.depth.output, window.rows.output, window.columns.output, filters};
    const std::size_t depth = in.channels() / options.groups;
    const std::uint64_t taps = std::uint64_t{kernel.size()} * depth;
    facts.add({"kernel",
               {kernel.depth, kernel.height, kernel.width, depth, filters},
               true,
               initial::weights,
               taps,
               std::uint64_t{kernel.size()} * filters / options.groups,
               options.l1,
               options.l2});
    const bool has_bias = !options.has(option::no_bias);
    if (has_bias) facts.add({"bias", shape{filters}});
    if (!reads_each_row_once(window))
        facts.scratch_elements = volume_rows_at_once(window, in, taps * filters, volume_elements_at_once) *
                                 kernel.depth * kernel.height *
                                 (window.columns.before + window.columns.input + window.columns.after) *
                                 in.channels();
    facts.multiply_accumulates = facts.output.size() * taps;
    facts.pointwise_operations = has_bias ? facts.output.size() : 0;
    facts.variant = fingerprint_of(window);
    return facts;
}

}  // namespace detail

/// Three-dimensional convolution (cross-correlation): {D, H, W, C} -> {O, O', O'', Filters}, each extent as in conv2d;
/// Filters * (F * F' * F'' * C / groups) weights in Keras' order [depth][rows][columns][channel in][filter] and Filters biases.
/// Tran et al. 2015, arXiv:1412.0767. Options: stride, padding, same, dilation, groups, no_bias, exact, l1, l2, kernel_initializer.
/// @tparam Kernel  a number for a cube or `volume{depth, rows, columns}`
template <std::size_t Filters, auto Kernel, class... Options>
requires std::convertible_to<decltype(Kernel), volume>
struct conv3d {
    static constexpr text_view kind = "conv3d";
    static constexpr layer_role role = layer_role::contraction;
    static constexpr std::size_t filters = Filters;
    static constexpr volume kernel = Kernel;
    static constexpr option_values options =
        read_options<option::stride | option::padding | option::same | option::dilation | option::groups |
                         option::no_bias | option::exact | option::of_volumes | kernel_options,
                     Options...>();
    using initializer = typename detail::initializer_among<kernel_initializer, Options...>::type;
    static constexpr bool has_bias = !options.has(option::no_bias);

    /// Over an input that fits.
    static constexpr volume_window window_over(const shape& in) {
        volume_window window;
        slide_volume(window, in, kernel, options);
        return window;
    }
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::describe_conv3d(in, Filters, kernel, options);
        detail::add_cells_of_volume<conv3d>(facts);
        return facts;
    }
};

}  // namespace archetype
