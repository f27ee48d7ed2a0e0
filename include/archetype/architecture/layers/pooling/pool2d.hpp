// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// What a pooling takes of each window: the largest value, the mean, or the root of the sum of squares.
enum class pool_result { largest, mean, l2_norm };

namespace detail {

/// The options of a pooling over windows of `size`: the stride is the window unless given, padding stays below it.
constexpr option_values pool2d_options(option_values read, extent size) {
    if (!read.has(option::stride)) read.stride = size;
    if (read.broken == rule::ok && !read.has(option::same)) {
        const std::size_t reach = read.dilation.height * (size.height - 1) + 1;
        const std::size_t breadth = read.dilation.width * (size.width - 1) + 1;
        if (size.area() != 0 &&
            (read.top >= reach || read.bottom >= reach || read.left >= breadth || read.right >= breadth))
            read.broken = rule::padding_reaches_the_kernel;
    }
    return read;
}

/// All of a pooling's rule on values.
constexpr layer_facts describe_pool2d(const shape& in, extent size, const option_values& options) {
    layer_facts facts = detail::blank_facts;
    facts.has_window = true;
    facts.broken = slide_window(facts.window, in, size, options);
    if (facts.broken != rule::ok) return facts;
    if (!facts.window.rows.touches_everywhere() || !facts.window.columns.touches_everywhere())
        return broken_layer(rule::window_holds_padding_alone);
    facts.output = {facts.window.rows.output, facts.window.columns.output, in.channels()};
    facts.looks_ahead = options.has(option::look_ahead);
    facts.variant = options.has(option::exclude_padding) || options.has(option::same) ? 1 : 0;
    facts.pointwise_operations = facts.output.size() * size.area();
    return facts;
}

}  // namespace detail

/// What max_pool2d, avg_pool2d and l2_pool2d share: {H, W, C} -> {O, O', C}.
template <auto Size, option Allowed, class... Options>
requires std::convertible_to<decltype(Size), extent>
struct basic_pool2d {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr extent size = Size;
    static constexpr option_values options =
        detail::pool2d_options(read_options<Allowed, Options...>(), size);

    static constexpr layer_facts describe(const shape& in) {
        return detail::describe_pool2d(in, size, options);
    }
};

/// The largest value of each window; cells of the padding never win. The stride is the window unless given.
/// Options: stride, padding, same, dilation, ceil_mode, exact, look_ahead.
template <auto Size, class... Options>
struct max_pool2d : basic_pool2d<Size,
                                 option::stride | option::padding | option::same | option::dilation |
                                     option::ceil_mode | option::exact | option::look_ahead,
                                 Options...> {
    static constexpr text_view kind = "max_pool2d";
    static constexpr pool_result result = pool_result::largest;
};

/// The mean of each window. Explicit padding counts in the divisor unless `exclude_padding`; cells beyond it
/// (`ceil_mode`) and the zeros of `same` never do. Options: stride, padding, same, ceil_mode,
/// exclude_padding, exact, look_ahead.
template <auto Size, class... Options>
struct avg_pool2d : basic_pool2d<Size,
                                 option::stride | option::padding | option::same | option::ceil_mode |
                                     option::exclude_padding | option::exact | option::look_ahead,
                                 Options...> {
    static constexpr text_view kind = "avg_pool2d";
    static constexpr pool_result result = pool_result::mean;
};

/// The square root of the sum of the squares of each window (PyTorch's LPPool2d with norm 2). Its gradient at 0 is 0. Options:
/// stride, ceil_mode, exact.
template <auto Size, class... Options>
struct l2_pool2d : basic_pool2d<Size, option::stride | option::ceil_mode | option::exact, Options...> {
    static constexpr text_view kind = "l2_pool2d";
    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts =
            basic_pool2d<Size, option::stride | option::ceil_mode | option::exact, Options...>::describe(in);
        facts.gradient_reads_result = true;
        return facts;
    }
    static constexpr pool_result result = pool_result::l2_norm;
};

}  // namespace archetype
