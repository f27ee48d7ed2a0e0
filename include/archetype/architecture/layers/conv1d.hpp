// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

namespace detail {

/// All of the rule of one-dimensional convolutions on values.
constexpr layer_facts describe_conv1d(const shape& in, std::size_t filters, std::size_t kernel,
                                      std::size_t groups, const shape& kernel_extents,
                                      const option_values& options) {
    layer_facts facts = detail::blank_facts;
    facts.has_window = true;
    facts.broken = filters == 0 ? rule::extent_is_zero : slide_sequence(facts.window, in, kernel, options);
    if (facts.broken != rule::ok) return facts;
    if (in.channels() % groups != 0) return broken_layer(rule::input_channels_are_not_divisible_by_groups);
    if (filters % groups != 0) return broken_layer(rule::filters_are_not_divisible_by_groups);
    facts.groups = groups;
    facts.output = {facts.window.columns.output, filters};
    const std::uint64_t taps = std::uint64_t{kernel} * (in.channels() / groups);
    facts.add({"kernel", kernel_extents, true, initial::weights, taps, kernel * filters / groups, options.l1,
               options.l2});
    const bool has_bias = !options.has(option::no_bias);
    if (has_bias) facts.add({"bias", shape{filters}});
    facts.multiply_accumulates = facts.output.size() * taps;
    facts.pointwise_operations = has_bias ? facts.output.size() : 0;
    facts.looks_ahead = options.has(option::look_ahead);
    facts.state_elements = std::uint64_t{options.dilation.width} * (kernel - 1) * in.channels();
    return facts;
}

}  // namespace detail

/// What the one-dimensional convolutions share.
template <std::size_t Kernel, option Allowed, class... Options>
struct basic_conv1d {
    static constexpr layer_role role = layer_role::contraction;
    static constexpr std::size_t kernel = Kernel;
    static constexpr option_values options =
        read_options<Allowed | option::stride | option::padding | option::same | option::causal |
                         option::dilation | option::no_bias | option::exact | option::look_ahead |
                         kernel_options,
                     Options...>();
    using initializer = typename detail::initializer_among<kernel_initializer, Options...>::type;
    static constexpr bool has_bias = !options.has(option::no_bias);
    /// Steps before the newest that one result depends on: what a stream has to keep of each channel.
    static constexpr std::size_t history = Kernel == 0 ? 0 : options.dilation.width * (Kernel - 1);

protected:
    static constexpr layer_facts describe(const shape& in, std::size_t filters, std::size_t groups,
                                          const shape& kernel_extents) {
        return detail::describe_conv1d(in, filters, Kernel, groups, kernel_extents, options);
    }
};

/// One-dimensional convolution: {T, C} -> {O, Filters} with O = floor((T - D(F-1) - 1 + P) / S) + 1; Filters * (F * C /
/// groups + 1) parameters. With `causal`, result t sees steps up to t S only.
/// Options: stride, padding<both> or padding<before, after>, same, causal, look_ahead, dilation, groups, no_bias, exact, l1,
/// l2, kernel_initializer.
template <std::size_t Filters, std::size_t Kernel, class... Options>
struct conv1d : basic_conv1d<Kernel, option::groups, Options...> {
    using base = basic_conv1d<Kernel, option::groups, Options...>;
    static constexpr text_view kind = "conv1d";
    static constexpr std::size_t filters = Filters;
    static constexpr layer_facts describe(const shape& in) {
        const std::size_t groups = base::options.groups;
        return base::describe(in, Filters, groups, {Kernel, in.channels() / groups, Filters});
    }
};

/// Depthwise one-dimensional convolution: {T, C} -> {O, C M}, every channel with M filters of its own; C M (F + 1)
/// parameters. Options: depth_multiplier, and those of conv1d but groups.
template <std::size_t Kernel, class... Options>
struct depthwise_conv1d : basic_conv1d<Kernel, option::depth_multiplier, Options...> {
    using base = basic_conv1d<Kernel, option::depth_multiplier, Options...>;
    static constexpr text_view kind = "depthwise_conv1d";
    static constexpr layer_facts describe(const shape& in) {
        if (base::options.broken != rule::ok) return broken_layer(base::options.broken);
        if (in.rank != 2) return broken_layer(rule::takes_a_sequence);
        const std::size_t multiplier = base::options.depth_multiplier;
        return base::describe(in, in.channels() * multiplier, in.channels(),
                              {Kernel, in.channels(), multiplier});
    }
};

}  // namespace archetype
