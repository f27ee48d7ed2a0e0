// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layer.hpp>

namespace archetype {

/// Enlarges an image: {H, W, C} -> {Factor H, Factor W, C}, each pixel repeated, or with the option `bilinear` interpolated.
/// @tparam Factor  a number for both axes or `extent{rows, columns}`
template <auto Factor, class... Options>
requires std::convertible_to<decltype(Factor), extent>
struct upsampling2d {
    static constexpr text_view kind = "upsampling2d";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr extent factor = Factor;
    static constexpr option_values options = read_options<option::bilinear, Options...>();
    static constexpr layer_facts describe(const shape& in) {
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (factor.area() == 0) return broken_layer(rule::extent_is_zero);
        if (in.rank != 3) return broken_layer(rule::takes_an_image);
        layer_facts facts = detail::blank_facts;
        facts.output = {factor.height * in.height(), factor.width * in.width(), in.channels()};
        facts.enlarges = factor;
        if (options.has(option::bilinear)) facts.reads = extent{2}, facts.variant = 1;
        facts.pointwise_operations = options.has(option::bilinear) ? 3 * facts.output.size() : 0;
        return facts;
    }
};

/// Repeats each step of a sequence: {T, C} -> {Factor T, C}.
template <std::size_t Factor>
struct upsampling1d {
    static constexpr text_view kind = "upsampling1d";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr extent factor{1, Factor};
    static constexpr option_values options{};
    static constexpr layer_facts describe(const shape& in) {
        if (Factor == 0) return broken_layer(rule::extent_is_zero);
        if (in.rank != 2) return broken_layer(rule::takes_a_sequence);
        layer_facts facts = detail::blank_facts;
        facts.output = {Factor * in.width(), in.channels()};
        facts.enlarges = factor;
        return facts;
    }
};

namespace detail {
/// Cells at the edges of an image, as `padding<...>` reads them.
template <std::size_t... Sizes>
inline constexpr option_values edges_of = read_options<option::padding, padding<Sizes...>>();

/// The variant of layers that move an image: how far.
constexpr double moved(const option_values& edges) {
    return fingerprint({double(edges.top), double(edges.left)});
}

/// {T, C} as one row, with `padding<both>` or `padding<before, after>` read as columns.
constexpr option_values edges_of_sequence(option_values edges, std::size_t count) {
    edges.left = edges.top;
    if (count == 1) edges.right = edges.top;
    edges.top = edges.bottom = 0;
    return edges;
}
}  // namespace detail

/// Zeros around an image: {H, W, C} -> {top + H + bottom, left + W + right, C}. `zero_padding2d<all>`,
/// `zero_padding2d<rows, columns>` on either side, or `zero_padding2d<top, bottom, left, right>`.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2 || sizeof...(Sizes) == 4) struct zero_padding2d {
    static constexpr text_view kind = "zero_padding2d";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr option_values edges = detail::edges_of<Sizes...>;
    static constexpr std::ptrdiff_t down = edges.top, right = edges.left;  ///< how far pixels move
    static constexpr layer_facts describe(const shape& in) {
        if (in.rank != 3) return broken_layer(rule::takes_an_image);
        layer_facts facts = detail::blank_facts;
        facts.output = {in.height() + edges.top + edges.bottom, in.width() + edges.left + edges.right,
                        in.channels()};
        facts.variant = detail::moved(edges);
        facts.moves_down = down, facts.moves_right = right;
        return facts;
    }
};

/// Takes rows and columns away: {H, W, C} -> {H - top - bottom, W - left - right, C}; sizes as in zero_padding2d.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2 || sizeof...(Sizes) == 4) struct cropping2d {
    static constexpr text_view kind = "cropping2d";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr option_values edges = detail::edges_of<Sizes...>;
    static constexpr std::ptrdiff_t down = -std::ptrdiff_t(edges.top), right = -std::ptrdiff_t(edges.left);
    static constexpr layer_facts describe(const shape& in) {
        if (in.rank != 3) return broken_layer(rule::takes_an_image);
        if (in.height() <= edges.top + edges.bottom || in.width() <= edges.left + edges.right)
            return broken_layer(rule::nothing_is_left);
        layer_facts facts = detail::blank_facts;
        facts.output = {in.height() - edges.top - edges.bottom, in.width() - edges.left - edges.right,
                        in.channels()};
        facts.variant = detail::moved(edges);
        facts.moves_down = down, facts.moves_right = right;
        return facts;
    }
};

/// Zeros before and after a sequence: {T, C} -> {before + T + after, C}; `zero_padding1d<both>` or `<before, after>`.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2) struct zero_padding1d {
    static constexpr text_view kind = "zero_padding1d";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr option_values edges =
        detail::edges_of_sequence(detail::edges_of<Sizes...>, sizeof...(Sizes));
    static constexpr std::ptrdiff_t down = 0, right = edges.left;
    static constexpr layer_facts describe(const shape& in) {
        if (in.rank != 2) return broken_layer(rule::takes_a_sequence);
        layer_facts facts = detail::blank_facts;
        facts.output = {in.width() + edges.left + edges.right, in.channels()};
        facts.variant = detail::moved(edges);
        facts.moves_down = down, facts.moves_right = right;
        return facts;
    }
};

/// Takes steps away from both ends: {T, C} -> {T - before - after, C}; `cropping1d<both>` or `<before, after>`.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2) struct cropping1d {
    static constexpr text_view kind = "cropping1d";
    static constexpr layer_role role = layer_role::pooling;
    static constexpr option_values edges =
        detail::edges_of_sequence(detail::edges_of<Sizes...>, sizeof...(Sizes));
    static constexpr std::ptrdiff_t down = 0, right = -std::ptrdiff_t(edges.left);
    static constexpr layer_facts describe(const shape& in) {
        if (in.rank != 2) return broken_layer(rule::takes_a_sequence);
        if (in.width() <= edges.left + edges.right) return broken_layer(rule::nothing_is_left);
        layer_facts facts = detail::blank_facts;
        facts.output = {in.width() - edges.left - edges.right, in.channels()};
        facts.variant = detail::moved(edges);
        facts.moves_down = down, facts.moves_right = right;
        return facts;
    }
};

}  // namespace archetype
