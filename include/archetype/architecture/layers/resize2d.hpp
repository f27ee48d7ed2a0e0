// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/axis_map.hpp>

namespace archetype {

/// What a `bicubic` interpolation reads beyond the edges: the cell at the edge (PyTorch, ONNX), or nothing, so that the others count
/// for more (Keras, TensorFlow; ONNX' exclude_outside).
enum class beyond_edge { repeated, left_out };

/// Interpolates between the nearest four cells along each axis by a cubic convolution (Keys 1981, equation 4) with the slope `A` at
/// distance 1: -0.75 in PyTorch and ONNX; `bicubic<-0.5, beyond_edge::left_out>` in Keras and TensorFlow. Of resizing layers.
template <double A = -0.75, beyond_edge Edge = beyond_edge::repeated>
struct bicubic {
    static constexpr option sets = option::bilinear;
    static constexpr void apply(option_values& to) {
        to.cubic = A, to.beyond = Edge == beyond_edge::repeated ? 1 : 0;
        if (!(A < 0 && A >= -2)) to.broken = rule::cubic_slope_is_out_of_range;
    }
};

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
        if (options.cubic != 0) return broken_layer(rule::unknown_option);
        if (factor.area() == 0) return broken_layer(rule::extent_is_zero);
        if (in.rank != 3) return broken_layer(rule::takes_an_image);
        layer_facts facts = detail::blank_facts;
        facts.output = {factor.height * in.height(), factor.width * in.width(), in.channels()};
        facts.enlarges = factor;
        if (options.has(option::bilinear)) facts.reads = extent{2}, facts.variant = 1;
        facts.repeats_cells = !options.has(option::bilinear);
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
        facts.repeats_cells = true;
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
        facts.makes_rows_alone = edges.top + edges.bottom == 0;
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
        facts.makes_rows_alone = edges.top + edges.bottom == 0;
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

namespace detail {

/// What layers share that give an image, or (`Rank` 2) a sequence, another size: `Size`, or where it is 0 by the factors.
template <std::size_t Rank, extent Size, double Rows, double Columns, class... Options>
struct resizing_layer {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr option_values options =
        read_options<option::bilinear | option::coordinates | option::nearest, Options...>();
    static constexpr bool by_factors = Rows != 0 || Columns != 0;
    static constexpr axis_map map(std::size_t input, std::size_t size, double factor) {
        const axis_rule rule = options.cubic != 0              ? axis_rule::cubic
                               : options.has(option::bilinear) ? axis_rule::linear
                                                               : axis_rule::nearest;
        return {rule,
                input,
                by_factors ? static_cast<std::size_t>(factor * static_cast<double>(input)) : size,
                0,
                options.coordinates,
                options.nearest,
                factor,
                options.cubic,
                options.beyond == 0};
    }
    static constexpr axis_map rows_of(const shape& in) { return map(in.height(), Size.height, Rows); }
    static constexpr axis_map columns_of(const shape& in) { return map(in.width(), Size.width, Columns); }
    static constexpr layer_facts describe(const shape& in) {
        if (options.broken != rule::ok) return broken_layer(options.broken);
        if (in.rank != Rank) return broken_layer(Rank == 3 ? rule::takes_an_image : rule::takes_a_sequence);
        if (by_factors && !(Rows > 0 && Rows < 1e6 && Columns > 0 && Columns < 1e6))
            return broken_layer(rule::scale_is_out_of_range);
        const extent size{rows_of(in).output, columns_of(in).output};
        if (size.area() == 0) return broken_layer(by_factors ? rule::nothing_is_left : rule::extent_is_zero);
        layer_facts facts = blank_facts;
        facts.output = in;
        facts.output.extents[Rank - 2] = size.width;
        if (Rank == 3) facts.output.extents[0] = size.height;
        facts.reads_cells = &cells_of_layer<resizing_layer>;
        facts.shrinks = {in.height(), in.width()};
        facts.enlarges = size;
        facts.makes_rows_alone = Rank == 3 && (by_factors ? Rows == 1.0 : size.height == in.height());
        const bool linear = options.has(option::bilinear);
        facts.variant = fingerprint(
            {double(linear), double(options.coordinates), double(options.nearest), Rows, Columns});
        facts.pointwise_operations = linear ? 3 * facts.output.size() : 0;
        if (options.cubic != 0) {
            facts.pointwise_operations = (Rank == 3 ? 31 : 7) * facts.output.size();
            facts.variant = fingerprint({facts.variant, options.cubic, options.beyond});
        }
        return facts;
    }
};

}  // namespace detail

/// Gives an image the size `Size`, {H, W, C} -> {Size, C}: each pixel the nearest one, or with the option `bilinear`
/// interpolated (Keras' Resizing; PyTorch's Upsample by size), with `bicubic` from 4 x 4. Options: bilinear, bicubic,
/// coordinates<half_pixel>, nearest<round_prefer_ceil>.
/// @tparam Size  a number for a square or `extent{rows, columns}`
template <auto Size, class... Options>
requires std::convertible_to<decltype(Size), extent>
struct resize2d : detail::resizing_layer<3, Size, 0.0, 0.0, Options...> {
    static constexpr text_view kind = "resize2d";
};
/// The same for a sequence: {T, C} -> {Steps, C}; `bilinear` interpolates between two steps, `bicubic` from four.
template <std::size_t Steps, class... Options>
struct resize1d : detail::resizing_layer<2, extent{1, Steps}, 0.0, 0.0, Options...> {
    static constexpr text_view kind = "resize1d";
};
/// Resizes an image by factors: {H, W, C} -> {floor(Rows H), floor(Columns W), C}. Coordinates follow the factors, not the
/// rounded sizes (ONNX's scales; PyTorch's scale_factor). Options as those of resize2d.
template <double Rows, double Columns, class... Options>
struct rescale2d : detail::resizing_layer<3, extent{0}, Rows, Columns, Options...> {
    static constexpr text_view kind = "rescale2d";
};

/// How the channels of a pixel lie that become pixels, or the reverse: by blocks (row, column, channel: TensorFlow's
/// depth_to_space, ONNX's DCR) or by channels (channel, row, column: PyTorch's PixelShuffle, ONNX's CRD).
enum class shuffle_order { blocks, channels };

namespace detail {

/// Channels to pixels: {H, W, C F^2} -> {F H, F W, C}.
template <std::size_t Factor, shuffle_order Order>
struct channels_to_pixels {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr bool enlarges = true;
    static constexpr std::size_t factor = Factor;
    static constexpr shuffle_order order = Order;
    static constexpr layer_facts describe(const shape& in) {
        if (Factor == 0) return broken_layer(rule::extent_is_zero);
        if (in.rank != 3) return broken_layer(rule::takes_an_image);
        if (in.channels() % (Factor * Factor) != 0)
            return broken_layer(rule::channels_are_not_divisible_by_pieces);
        layer_facts facts = blank_facts;
        facts.output = {Factor * in.height(), Factor * in.width(), in.channels() / (Factor * Factor)};
        facts.enlarges = extent{Factor};
        return facts;
    }
};
/// Pixels to channels: {F H, F W, C} -> {H, W, C F^2}.
template <std::size_t Factor, shuffle_order Order>
struct pixels_to_channels {
    static constexpr layer_role role = layer_role::pooling;
    static constexpr bool enlarges = false;
    static constexpr std::size_t factor = Factor;
    static constexpr shuffle_order order = Order;
    static constexpr axis_map rows_of(const shape& in) {
        return {axis_rule::window, in.height(), in.height() / Factor};
    }
    static constexpr axis_map columns_of(const shape& in) {
        return {axis_rule::window, in.width(), in.width() / Factor};
    }
    static constexpr layer_facts describe(const shape& in) {
        if (Factor == 0) return broken_layer(rule::extent_is_zero);
        if (in.rank != 3) return broken_layer(rule::takes_an_image);
        if (in.height() % Factor != 0 || in.width() % Factor != 0)
            return broken_layer(rule::extents_are_not_divisible_by_the_factor);
        layer_facts facts = blank_facts;
        facts.output = {in.height() / Factor, in.width() / Factor, in.channels() * Factor * Factor};
        facts.reads_cells = &cells_of_layer<pixels_to_channels>;
        facts.shrinks = extent{Factor};
        return facts;
    }
};

}  // namespace detail

/// PyTorch's PixelShuffle (Shi et al. 2016): {H, W, C F^2} -> {F H, F W, C}, channels in the order [C][F][F].
template <std::size_t Factor>
struct pixel_shuffle : detail::channels_to_pixels<Factor, shuffle_order::channels> {
    static constexpr text_view kind = "pixel_shuffle";
};
/// Its inverse, PyTorch's PixelUnshuffle: {F H, F W, C} -> {H, W, C F^2}.
template <std::size_t Factor>
struct pixel_unshuffle : detail::pixels_to_channels<Factor, shuffle_order::channels> {
    static constexpr text_view kind = "pixel_unshuffle";
};
/// TensorFlow's depth_to_space: {H, W, C F^2} -> {F H, F W, C}, channels in the order [F][F][C].
template <std::size_t Factor>
struct depth_to_space : detail::channels_to_pixels<Factor, shuffle_order::blocks> {
    static constexpr text_view kind = "depth_to_space";
};
/// Its inverse, TensorFlow's space_to_depth: {F H, F W, C} -> {H, W, C F^2}.
template <std::size_t Factor>
struct space_to_depth : detail::pixels_to_channels<Factor, shuffle_order::blocks> {
    static constexpr text_view kind = "space_to_depth";
};

}  // namespace archetype
