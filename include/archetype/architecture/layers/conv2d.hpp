// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>
#include <archetype/architecture/winograd_cost.hpp>

namespace archetype {

namespace detail {

/// All of conv2d's rule on values: the compiler reads it once, not for each layer.
constexpr layer_facts describe_conv2d(const shape& in, std::size_t filters, extent kernel,
                                      const option_values& options) {
    layer_facts facts = detail::blank_facts;
    facts.has_window = true;
    facts.broken = filters == 0 ? rule::extent_is_zero : slide_window(facts.window, in, kernel, options);
    if (facts.broken != rule::ok) return facts;
    if (in.channels() % options.groups != 0)
        return broken_layer(rule::input_channels_are_not_divisible_by_groups);
    if (filters % options.groups != 0) return broken_layer(rule::filters_are_not_divisible_by_groups);
    facts.groups = options.groups;
    facts.looks_ahead = options.has(option::look_ahead);
    facts.may_filter = fits_winograd(facts);
    facts.winograd = options.winograd;
    if (facts.winograd != 0 && !facts.may_filter) return broken_layer(rule::winograd_needs_another_window);
    const std::size_t depth = in.channels() / options.groups;
    facts.output = {facts.window.rows.output, facts.window.columns.output, filters};
    const std::uint64_t taps = std::uint64_t{kernel.area()} * depth;
    facts.add({"kernel",
               {kernel.height, kernel.width, depth, filters},
               true,
               initial::weights,
               taps,
               std::uint64_t{kernel.area()} * filters / options.groups,
               options.l1,
               options.l2});
    const bool has_bias = !options.has(option::no_bias);
    if (has_bias) facts.add({"bias", shape{filters}});
    facts.multiply_accumulates = facts.output.size() * taps;
    facts.pointwise_operations = has_bias ? facts.output.size() : 0;
    return facts;
}

}  // namespace detail

/// Two-dimensional convolution (cross-correlation, as in every framework): {H, W, C} -> {O, O', Filters} with
/// O = floor((W - D(F-1) - 1 + P) / S) + 1; Filters * (F * F' * C / groups) weights and Filters biases.
/// Options: stride, padding, same, dilation, groups, winograd, no_bias, exact, look_ahead, l1, l2, kernel_initializer.
/// @tparam Kernel  a number for a square kernel or `extent{rows, columns}`
template <std::size_t Filters, auto Kernel, class... Options>
requires std::convertible_to<decltype(Kernel), extent>
struct conv2d {
    static constexpr text_view kind = "conv2d";
    static constexpr layer_role role = layer_role::contraction;
    static constexpr std::size_t filters = Filters;
    static constexpr extent kernel = Kernel;
    static constexpr option_values options =
        read_options<option::stride | option::padding | option::same | option::dilation | option::groups |
                         option::no_bias | option::exact | option::look_ahead | option::winograd |
                         kernel_options,
                     Options...>();
    using initializer = typename detail::initializer_among<kernel_initializer, Options...>::type;
    static constexpr bool has_bias = !options.has(option::no_bias);

    static constexpr layer_facts describe(const shape& in) {
        return detail::describe_conv2d(in, Filters, kernel, options);
    }
};

}  // namespace archetype
