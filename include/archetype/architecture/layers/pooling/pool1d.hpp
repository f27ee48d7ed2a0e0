// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layers/pooling/pool2d.hpp>

namespace archetype {

/// What max_pool1d and avg_pool1d share: {T, C} -> {O, C}.
template <std::size_t Size, option Allowed, class... Options>
struct basic_pool1d {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr extent size{1, Size};
    static constexpr option_values options = [] {
        auto read = read_options<Allowed, Options...>();
        if (!read.has(option::stride)) read.stride = size;
        const std::size_t reach = Size == 0 ? 0 : read.dilation.width * (Size - 1) + 1;
        if (read.broken == rule::ok && Size != 0 && (read.top >= reach || read.right >= reach))
            read.broken = rule::padding_reaches_the_kernel;
        return read;
    }();

    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::blank_facts;
        facts.has_window = true;
        facts.broken = slide_sequence(facts.window, in, Size, options);
        if (facts.broken != rule::ok) return facts;
        if (!facts.window.columns.touches_everywhere()) return broken_layer(rule::window_holds_padding_alone);
        facts.output = {facts.window.columns.output, in.channels()};
        facts.variant = options.has(option::exclude_padding) || options.has(option::same) ? 1 : 0;
        facts.pointwise_operations = facts.output.size() * Size;
        facts.looks_ahead = options.has(option::look_ahead);
        facts.state_elements = std::uint64_t{facts.window.columns.reach() - 1} * in.channels();
        return facts;
    }
};

/// The largest value of each window of steps: max_pool2d along a sequence.
/// Options: stride, padding, same, dilation, ceil_mode, exact, look_ahead.
template <std::size_t Size, class... Options>
struct max_pool1d : basic_pool1d<Size,
                                 option::stride | option::padding | option::same | option::dilation |
                                     option::ceil_mode | option::exact | option::look_ahead,
                                 Options...> {
    static constexpr text_view kind = "max_pool1d";
    static constexpr pool_result result = pool_result::largest;
};

/// The mean of each window of steps: avg_pool2d along a sequence.
/// Options: stride, padding, same, ceil_mode, exclude_padding, exact, look_ahead.
template <std::size_t Size, class... Options>
struct avg_pool1d : basic_pool1d<Size,
                                 option::stride | option::padding | option::same | option::ceil_mode |
                                     option::exclude_padding | option::exact | option::look_ahead,
                                 Options...> {
    static constexpr text_view kind = "avg_pool1d";
    static constexpr pool_result result = pool_result::mean;
};

/// What the global poolings of a sequence share: {T, C} -> {C}.
struct basic_global_pool1d {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr layer_facts describe(const shape& in) {
        if (in.rank != 2) return broken_layer(rule::takes_a_sequence);
        layer_facts facts = detail::blank_facts;
        facts.output = shape{in.channels()};
        facts.sees_everything = facts.keeps_channels = true;
        facts.pointwise_operations = in.size();
        return facts;
    }
};

/// The mean of each channel over all steps.
struct global_avg_pool1d : basic_global_pool1d {
    static constexpr text_view kind = "global_avg_pool1d";
    static constexpr pool_result result = pool_result::mean;
};

/// The largest value of each channel over all steps.
struct global_max_pool1d : basic_global_pool1d {
    static constexpr text_view kind = "global_max_pool1d";
    static constexpr pool_result result = pool_result::largest;
};

}  // namespace archetype
