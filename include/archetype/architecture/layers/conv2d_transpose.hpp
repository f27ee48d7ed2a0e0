// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// Transposed convolution (Zeiler et al. 2010), the gradient of a convolution: {H, W, C} -> {O, O', Filters} with
/// O = (H - 1) S - P + D(F-1) + 1 + output_padding; with `same`, O = H S. Filters * F * F' * C weights in Keras' order
/// [rows][columns][filter][channel in], Filters biases.
/// Options: stride, padding (taken from the result), output_padding, same, dilation, no_bias, l1, l2, kernel_initializer.
/// @tparam Kernel  a number for a square kernel or `extent{rows, columns}`
template <std::size_t Filters, auto Kernel, class... Options>
requires std::convertible_to<decltype(Kernel), extent>
struct conv2d_transpose {
    static constexpr text_view kind = "conv2d_transpose";
    static constexpr layer_role role = layer_role::contraction;
    static constexpr std::size_t filters = Filters;
    static constexpr extent kernel = Kernel;
    static constexpr option_values options =
        read_options<option::stride | option::padding | option::output_padding | option::same |
                         option::dilation | option::no_bias | kernel_options,
                     Options...>();
    using initializer = typename detail::initializer_among<kernel_initializer, Options...>::type;
    static constexpr bool has_bias = !options.has(option::no_bias);

    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (kernel.area() == 0 || Filters == 0) return broken_layer(rule::extent_is_zero);
        if (in.rank != 3) return broken_layer(rule::takes_an_image);
        facts.is_transposed = facts.has_window = true;
        facts.broken = spread(facts.window.rows, facts.spread_over.rows, in.height(), kernel.height,
                              options.stride.height, options.dilation.height, options.top, options.bottom,
                              options.output_padding.height);
        if (facts.broken != rule::ok) return facts;
        facts.broken = spread(facts.window.columns, facts.spread_over.columns, in.width(), kernel.width,
                              options.stride.width, options.dilation.width, options.left, options.right,
                              options.output_padding.width);
        if (facts.broken != rule::ok) return facts;
        const window_axis &rows = facts.spread_over.rows, &columns = facts.spread_over.columns;
        facts.output = {rows.input, columns.input, Filters};
        facts.enlarges = options.stride;
        facts.filter_stride = in.channels();
        facts.add({"kernel",
                   {kernel.height, kernel.width, Filters, in.channels()},
                   true,
                   initial::weights,
                   kernel.area() * in.channels(),
                   kernel.area() * Filters,
                   options.l1,
                   options.l2});
        if (has_bias) facts.add({"bias", shape{Filters}});
        facts.multiply_accumulates = in.size() * kernel.area() * Filters;
        facts.pointwise_operations = has_bias ? facts.output.size() : 0;
        facts.variant =
            detail::fingerprint({double(rows.stride), double(rows.dilation), double(rows.before),
                                 double(columns.stride), double(columns.dilation), double(columns.before)});
        return facts;
    }

private:
    /// `over`: the convolution from `over.input` results to the layer's `input` cells. `window`: what a result reads of the
    /// input, with the zeros around it that the kernels read.
    static constexpr rule spread(window_axis& window, window_axis& over, std::size_t input,
                                 std::size_t kernel_size, std::size_t stride, std::size_t dilation,
                                 std::size_t before, std::size_t after, std::size_t more) {
        over = {input * stride, kernel_size, stride, dilation, before, after};
        if (options.has(option::same)) {
            if (options.has(option::output_padding)) return rule::output_padding_contradicts_same;
            over.slide(true, false);
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
};

}  // namespace archetype
