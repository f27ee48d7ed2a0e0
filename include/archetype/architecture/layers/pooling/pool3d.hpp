// SPDX-License-Identifier: BSL-1.0
/// @file pool3d.hpp
/// Poolings of volumes.
#pragma once
#include <archetype/architecture/layers/conv3d.hpp>
#include <archetype/architecture/layers/pooling/pool2d.hpp>

namespace archetype {

namespace detail {

/// As `pool2d_options`.
constexpr option_values pool3d_options(option_values read, volume size) {
    if (!read.has(option::stride)) read.stride = {size.height, size.width}, read.depth_stride = size.depth;
    const auto reaches = [](std::size_t before, std::size_t after, std::size_t cells, std::size_t apart) {
        return cells != 0 && (before > apart * (cells - 1) || after > apart * (cells - 1));
    };
    if (read.broken == rule::ok && !read.has(option::same) &&
        (reaches(read.front, read.back, size.depth, read.depth_dilation) ||
         reaches(read.top, read.bottom, size.height, read.dilation.height) ||
         reaches(read.left, read.right, size.width, read.dilation.width)))
        read.broken = rule::padding_reaches_the_kernel;
    return read;
}

/// All of a pooling's rule on values.
constexpr layer_facts describe_pool3d(const shape& in, volume size, const option_values& options) {
    layer_facts facts = blank_facts;
    volume_window window;
    facts.broken = slide_volume(window, in, size, options);
    if (facts.broken != rule::ok) return facts;
    for (const window_axis* axis : {&window.depth, &window.rows, &window.columns})
        if (!axis->touches_everywhere()) return broken_layer(rule::window_holds_padding_alone);
    facts.output = {window.depth.output, window.rows.output, window.columns.output, in.channels()};
    facts.keeps_channels = true;
    facts.shrinks = options.stride;
    facts.variant =
        fingerprint_of(window, options.has(option::exclude_padding) || options.has(option::same) ? 1 : 0);
    facts.pointwise_operations = facts.output.size() * size.size();
    return facts;
}

}  // namespace detail

/// What max_pool3d and avg_pool3d share: {D, H, W, C} -> {O, O', O'', C}.
template <auto Size, option Allowed, class... Options>
requires std::convertible_to<decltype(Size), volume>
struct basic_pool3d {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr volume size = Size;
    static constexpr option_values options =
        detail::pool3d_options(read_options<Allowed | option::of_volumes, Options...>(), size);

    /// Over an input that fits.
    static constexpr volume_window window_over(const shape& in) {
        volume_window window;
        slide_volume(window, in, size, options);
        return window;
    }
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::describe_pool3d(in, size, options);
        detail::add_cells_of_volume<basic_pool3d>(facts);
        return facts;
    }
};

/// The largest value of each window; cells of the padding never win. The stride is the window unless given.
/// Options: stride, padding, same, dilation, ceil_mode, exact.
/// @tparam Size  a number for a cube or `volume{depth, rows, columns}`
template <auto Size, class... Options>
struct max_pool3d : basic_pool3d<Size,
                                 option::stride | option::padding | option::same | option::dilation |
                                     option::ceil_mode | option::exact,
                                 Options...> {
    static constexpr text_view kind = "max_pool3d";
    static constexpr pool_result result = pool_result::largest;
};

/// The mean of each window, whose divisor is that of `avg_pool2d`. Options: stride, padding, same, ceil_mode, exclude_padding,
/// exact.
template <auto Size, class... Options>
struct avg_pool3d : basic_pool3d<Size,
                                 option::stride | option::padding | option::same | option::ceil_mode |
                                     option::exclude_padding | option::exact,
                                 Options...> {
    static constexpr text_view kind = "avg_pool3d";
    static constexpr pool_result result = pool_result::mean;
};

/// What the global poolings share: {D, H, W, C} -> {C}.
struct basic_global_pool3d {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr layer_facts describe(const shape& in) {
        if (in.rank != 4) return broken_layer(rule::takes_a_volume);
        layer_facts facts = detail::blank_facts;
        facts.output = shape{in.channels()};
        facts.sees_everything = facts.keeps_channels = true;
        facts.pointwise_operations = in.size();
        return facts;
    }
};

/// The mean of each channel over the whole volume.
struct global_avg_pool3d : basic_global_pool3d {
    static constexpr text_view kind = "global_avg_pool3d";
    static constexpr pool_result result = pool_result::mean;
};

/// The largest value of each channel over the whole volume.
struct global_max_pool3d : basic_global_pool3d {
    static constexpr text_view kind = "global_max_pool3d";
    static constexpr pool_result result = pool_result::largest;
};

}  // namespace archetype
