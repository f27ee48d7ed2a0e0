// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

namespace detail {

/// Of kernels [tap][filter of the group][channel].
constexpr std::size_t filter_of_transposed(const layer_facts& facts, std::uint64_t weight) {
    const shape& extents = facts.parameters[0].extents;
    const std::size_t channels = extents.channels(), group_filters = extents[extents.rank - 2],
                      group = static_cast<std::size_t>(weight % channels) / (channels / facts.groups);
    return group * group_filters + static_cast<std::size_t>(weight / channels) % group_filters;
}

/// One axis. `over`: the convolution from `over.input` results to the layer's `input` cells. `window`: what a result reads of the
/// input, with the zeros around it that the kernels read.
constexpr rule spread(window_axis& window, window_axis& over, std::size_t input, std::size_t kernel_size,
                      std::size_t stride, std::size_t dilation, std::size_t before, std::size_t after,
                      std::size_t more, const option_values& options) {
    over = {input * stride, kernel_size, stride, dilation, before, after};
    if (options.has(option::same)) {
        if (options.has(
                option::output_padding)) {  // Keras' rule; else the result has `stride` cells for each
            const std::size_t full = (input - 1) * stride + over.reach() + more, cut = 2 * (over.reach() / 2);
            if (full <= cut) return rule::nothing_is_left;
            over.input = full - cut;
        }
        over.slide(true, false, options.odd_first);
        if (over.output != input) return rule::output_padding_reaches_the_stride;
    } else {
        if (more != 0 && more >= (stride > dilation ? stride : dilation))
            return rule::output_padding_reaches_the_stride;
        const std::size_t full = (input - 1) * stride + over.reach() + more;
        if (full <= before + after) return rule::nothing_is_left;
        over.input = full - before - after;
    }
    over.output = input;
    const std::size_t end = over.input - 1 + over.before, last = end / stride;
    window.input = input;
    window.before = over.reach() - 1 > over.before ? (over.reach() - 1 - over.before) / stride : 0;
    window.after = last > input - 1 ? last - (input - 1) : 0;
    window.kernel = (over.reach() + stride - 1) / stride;
    window.output = input + window.before + window.after + 1 - window.kernel;
    return rule::ok;
}

/// All of the rule of transposed convolutions on values. A sequence is an image of one row.
/// @param edges  of the result, taken away
constexpr layer_facts describe_conv_transpose(const shape& in, std::size_t filters, extent kernel,
                                              extent stride, extent dilation, extent more,
                                              const option_values& edges, const option_values& options) {
    layer_facts facts = detail::blank_facts;
    if (kernel.area() == 0 || filters == 0) return broken_layer(rule::extent_is_zero);
    const std::size_t groups = options.groups;
    if (in.channels() % groups != 0) return broken_layer(rule::input_channels_are_not_divisible_by_groups);
    if (filters % groups != 0) return broken_layer(rule::filters_are_not_divisible_by_groups);
    facts.is_transposed = facts.has_window = true;
    facts.groups = groups;
    facts.broken = spread(facts.window.rows, facts.spread_over.rows, in.height(), kernel.height,
                          stride.height, dilation.height, edges.top, edges.bottom, more.height, options);
    if (facts.broken != rule::ok) return facts;
    facts.broken = spread(facts.window.columns, facts.spread_over.columns, in.width(), kernel.width,
                          stride.width, dilation.width, edges.left, edges.right, more.width, options);
    if (facts.broken != rule::ok) return facts;
    const window_axis &rows = facts.spread_over.rows, &columns = facts.spread_over.columns;
    facts.output = in;
    facts.output.extents[in.rank - 1] = filters;
    facts.output.extents[in.rank - 2] = columns.input;
    if (in.rank == 3) facts.output.extents[0] = rows.input;
    facts.enlarges = stride;
    facts.filter_stride = in.channels();
    if (groups > 1) facts.filter_of = &filter_of_transposed;
    const std::size_t group_filters = filters / groups, group_channels = in.channels() / groups;
    parameter weights{"kernel",
                      {kernel.height, kernel.width, group_filters, in.channels()},
                      true,
                      initial::weights,
                      kernel.area() * group_channels,
                      kernel.area() * group_filters,
                      options.l1,
                      options.l2};
    if (in.rank == 2) weights.extents = {kernel.width, group_filters, in.channels()};
    facts.add(weights);
    const bool has_bias = !options.has(option::no_bias);
    if (has_bias) facts.add({"bias", shape{filters}});
    facts.multiply_accumulates = in.size() * kernel.area() * group_filters;
    facts.pointwise_operations = has_bias ? facts.output.size() : 0;
    facts.variant =
        detail::fingerprint({double(rows.stride), double(rows.dilation), double(rows.before),
                             double(columns.stride), double(columns.dilation), double(columns.before)});
    return facts;
}

}  // namespace detail

/// What transposed convolutions share.
template <std::size_t Filters, class... Options>
struct basic_conv_transpose {
    static constexpr layer_role role = layer_role::contraction;
    static constexpr std::size_t filters = Filters;
    static constexpr option_values options =
        read_options<option::stride | option::padding | option::output_padding | option::same |
                         option::dilation | option::groups | option::no_bias | kernel_options,
                     Options...>();
    using initializer = typename detail::initializer_among<kernel_initializer, Options...>::type;
    static constexpr bool has_bias = !options.has(option::no_bias);

protected:
    static constexpr layer_facts describe(const shape& in, extent kernel, extent stride, extent dilation,
                                          extent more, const option_values& edges) {
        return detail::describe_conv_transpose(in, Filters, kernel, stride, dilation, more, edges, options);
    }
};

/// Transposed convolution (Zeiler et al. 2010), the gradient of a convolution: {H, W, C} -> {O, O', Filters} with
/// O = (H - 1) S - P + D(F-1) + 1 + output_padding; with `same`, O = H S, or with output_padding too (H - 1) S + D(F-1) + 1 -
/// 2 floor((D(F-1) + 1) / 2) + output_padding (Keras). Filters / groups * F * F' * C weights in Keras' order [rows][columns]
/// [filter of the group][channel in], Filters biases.
/// Options: stride, padding (taken from the result), output_padding, same, dilation, groups, no_bias, l1, l2,
/// kernel_initializer.
/// @tparam Kernel  a number for a square kernel or `extent{rows, columns}`
template <std::size_t Filters, auto Kernel, class... Options>
requires std::convertible_to<decltype(Kernel), extent>
struct conv2d_transpose : basic_conv_transpose<Filters, Options...> {
    using base = basic_conv_transpose<Filters, Options...>;
    static constexpr text_view kind = "conv2d_transpose";
    static constexpr extent kernel = Kernel;
    static constexpr layer_facts describe(const shape& in) {
        constexpr const option_values& options = base::options;
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (in.rank != 3) return broken_layer(rule::takes_an_image);
        return base::describe(in, kernel, options.stride, options.dilation, options.output_padding, options);
    }
};

/// Transposed convolution of a sequence: {T, C} -> {O, Filters}, O as above. Filters / groups * F * C weights in Keras' order
/// [steps][filter of the group][channel in]. Options: those of conv2d_transpose; padding<both> or <before, after>.
template <std::size_t Filters, std::size_t Kernel, class... Options>
struct conv1d_transpose : basic_conv_transpose<Filters, Options...> {
    using base = basic_conv_transpose<Filters, Options...>;
    static constexpr text_view kind = "conv1d_transpose";
    static constexpr extent kernel{1, Kernel};
    static constexpr layer_facts describe(const shape& in) {
        constexpr const option_values& options = base::options;
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (in.rank != 2) return broken_layer(rule::takes_a_sequence);
        if (options.top != options.bottom || options.left != options.right)
            return broken_layer(rule::sequence_has_two_ends);
        option_values edges;  // padding<before, after> was read as padding<rows, columns>
        edges.left = options.top, edges.right = options.right;
        return base::describe(in, kernel, {1, options.stride.width}, {1, options.dilation.width},
                              {0, options.output_padding.width}, edges);
    }
};

}  // namespace archetype
