// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// Depthwise convolution: {H, W, C} -> {O, O', C M}, every channel with M filters of its own that see no other
/// channel (M is 1 unless `depth_multiplier<M>`). Result c M + m is filter m of channel c; C M (F F' + 1)
/// parameters. Options: depth_multiplier, stride, padding, same, dilation, no_bias, exact, look_ahead, l1, l2,
/// kernel_initializer.
/// @tparam Kernel  a number for a square kernel or `extent{rows, columns}`
template <auto Kernel, class... Options>
requires std::convertible_to<decltype(Kernel), extent>
struct depthwise_conv2d {
    static constexpr text_view kind = "depthwise_conv2d";
    static constexpr layer_role role = layer_role::contraction;
    static constexpr extent kernel = Kernel;
    static constexpr option_values options =
        read_options<option::depth_multiplier | option::stride | option::padding | option::same |
                         option::dilation | option::no_bias | option::exact | option::look_ahead |
                         kernel_options,
                     Options...>();
    using initializer = typename detail::initializer_among<kernel_initializer, Options...>::type;
    static constexpr bool has_bias = !options.has(option::no_bias);

    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        facts.has_window = true;
        facts.broken = slide_window(facts.window, in, kernel, options);
        if (facts.broken != rule::ok) return facts;
        const std::size_t multiplier = options.depth_multiplier, filters = in.channels() * multiplier;
        facts.groups = in.channels();
        facts.looks_ahead = options.has(option::look_ahead);
        facts.output = {facts.window.rows.output, facts.window.columns.output, filters};
        facts.add({"kernel",
                   {kernel.height, kernel.width, in.channels(), multiplier},
                   true,
                   initial::weights,
                   kernel.area(),
                   kernel.area() * multiplier,
                   options.l1,
                   options.l2});
        if (has_bias) facts.add({"bias", shape{filters}});
        facts.multiply_accumulates = facts.output.size() * kernel.area();
        facts.pointwise_operations = has_bias ? facts.output.size() : 0;
        return facts;
    }
};

}  // namespace archetype
