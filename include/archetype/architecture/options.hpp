// SPDX-License-Identifier: BSL-1.0
/// @file options.hpp
/// Options of layers: types that follow the sizes in any order, `conv2d<64, 3, stride<2>, same, no_bias>`.
#pragma once
#include <archetype/architecture/rule.hpp>
#include <archetype/architecture/shape.hpp>

namespace archetype {

/// What an option sets. A layer says which it takes.
enum class option : std::uint64_t {
    stride = 1ull << 0,
    padding = 1ull << 1,
    same = 1ull << 2,
    dilation = 1ull << 3,
    groups = 1ull << 4,
    no_bias = 1ull << 5,
    exact = 1ull << 6,
    ceil_mode = 1ull << 7,
    exclude_padding = 1ull << 8,
    last_axis = 1ull << 9,
    epsilon = 1ull << 10,
    momentum = 1ull << 11,
    unbiased_variance = 1ull << 12,
    return_sequences = 1ull << 13,
    two_biases = 1ull << 14,
    reversed = 1ull << 15,
    reset_after = 1ull << 16,
    peepholes = 1ull << 17,
    diagonal_peepholes = 1ull << 18,
    cell_activation = 1ull << 19,
    recurrent_activation = 1ull << 20,
    masking = 1ull << 21,
    initial_state = 1ull << 22,
    stateful = 1ull << 23,
    padding_index = 1ull << 24,
    l1 = 1ull << 25,
    l2 = 1ull << 26,
    kernel_initializer = 1ull << 27,
    depth_multiplier = 1ull << 28,
    output_padding = 1ull << 29,
    causal = 1ull << 30,
    bilinear = 1ull << 31,
    recurrent_initializer = 1ull << 32,
    one_slope = 1ull << 33,
    slope_per_element = 1ull << 34,
    initial_slope = 1ull << 35,
    no_center = 1ull << 36,
    no_scale = 1ull << 37,
    axes = 1ull << 38,
    coordinates = 1ull << 39,
    nearest = 1ull << 40,
    key_value_heads = 1ull << 41,
    window = 1ull << 42,
    rotary = 1ull << 43,
    head_size = 1ull << 44,
    per_step = 1ull << 45,
    masked = 1ull << 46,
    padding_mask = 1ull << 47,
    attention_dropout = 1ull << 48,
    int8_states = 1ull << 49,
    look_ahead = 1ull << 50,
    winograd = 1ull << 51,
    proj_size = 1ull << 52,
    layer_norm_inside = 1ull << 53,
    time_axis = 1ull << 54,
    in_blocks = 1ull << 55,
    softcap = 1ull << 56,
    of_volumes = 1ull << 63,  ///< no option: three axes, so strides and paddings have three numbers
};

constexpr option operator|(option a, option b) {
    return static_cast<option>(static_cast<std::uint64_t>(a) | static_cast<std::uint64_t>(b));
}
/// What layers with a kernel take besides their own options.
inline constexpr option kernel_options = option::l1 | option::l2 | option::kernel_initializer;
constexpr bool contains(option set, option member) {
    return (static_cast<std::uint64_t>(set) & static_cast<std::uint64_t>(member)) != 0;
}

namespace detail {
/// The option's name.
constexpr text_view option_text(option which) {
    constexpr text_view names[] = {"stride",
                                   "padding",
                                   "same",
                                   "dilation",
                                   "groups",
                                   "no_bias",
                                   "exact",
                                   "ceil_mode",
                                   "exclude_padding",
                                   "last_axis",
                                   "epsilon",
                                   "momentum",
                                   "unbiased_variance",
                                   "return_sequences",
                                   "two_biases",
                                   "reversed",
                                   "reset_after",
                                   "peepholes",
                                   "diagonal_peepholes",
                                   "cell_activation",
                                   "recurrent_activation",
                                   "masking",
                                   "initial_state",
                                   "stateful",
                                   "padding_index",
                                   "l1",
                                   "l2",
                                   "kernel_initializer",
                                   "depth_multiplier",
                                   "output_padding",
                                   "causal",
                                   "bilinear",
                                   "recurrent_initializer",
                                   "one_slope",
                                   "slope_per_element",
                                   "initial_slope",
                                   "no_center",
                                   "no_scale",
                                   "axes",
                                   "coordinates",
                                   "nearest",
                                   "key_value_heads",
                                   "window",
                                   "rotary",
                                   "head_size",
                                   "per_step",
                                   "masked",
                                   "padding_mask",
                                   "attention_dropout",
                                   "int8_states",
                                   "look_ahead",
                                   "winograd",
                                   "proj_size",
                                   "layer_norm_inside",
                                   "time_axis",
                                   "in_blocks",
                                   "softcap"};
    for (std::size_t bit = 0; bit < sizeof(names) / sizeof(names[0]); ++bit)
        if (which == static_cast<option>(1ull << bit)) return names[bit];
    return "a type that is no option";
}
}  // namespace detail

/// Where the middle of a result lies in the input, when an image gets another size (ONNX's names). With s results for each
/// cell: result o lies at (o + 1/2) / s - 1/2 (`half_pixel`: Keras; PyTorch without align_corners); the same, but at 0 if
/// there is one result (`pytorch_half_pixel`); at o (in - 1) / (out - 1) (`align_corners`); at o / s (`asymmetric`).
enum class coordinate_rule { half_pixel, pytorch_half_pixel, align_corners, asymmetric };

/// Which cell is the nearest to a place between two (ONNX's names): halves up (Keras; PyTorch's "nearest-exact"), halves down,
/// the cell before (PyTorch's "nearest", with `coordinate_rule::asymmetric`), the cell after.
enum class nearest_rule { round_prefer_ceil, round_prefer_floor, floor, ceil };

/// The options of one layer, read into values.
struct option_values {
    rule broken = rule::ok;
    option culprit{};  ///< the option that is unknown or repeated; none if it is no option at all
    option given{};
    extent stride{1};
    extent dilation{1};
    std::size_t top = 0, bottom = 0, left = 0, right = 0;
    std::size_t depth_stride = 1, depth_dilation = 1, front = 0, back = 0;  ///< of volumes
    bool for_images = false, for_volumes = false;  ///< some option has a number for each of two or three axes
    bool odd_first = false;                        ///< `same`: an odd zero stands before
    std::size_t groups = 1;
    std::size_t depth_multiplier = 1;
    extent output_padding{0};
    double epsilon = 1e-3;
    double momentum = 0.99;
    double mask_value = 0;
    bool trains_initial_state = false;
    std::size_t proj_size = 0;
    std::ptrdiff_t time_axis = 1;
    std::size_t block = 0, block_look_ahead = 0;
    std::size_t padding_index = 0;
    double l1 = 0, l2 = 0;
    double initial_slope = 0;
    std::ptrdiff_t axes[3]{};
    std::size_t axis_count = 0;
    coordinate_rule coordinates = coordinate_rule::half_pixel;
    nearest_rule nearest = nearest_rule::round_prefer_ceil;
    std::size_t key_value_heads = 0, window = 0, head_size = 0;
    double rotary = 0, attention_dropout = 0, softcap = 0, cubic = 0, beyond = 1;
    std::size_t winograd = 0;
    constexpr bool has(option which) const { return contains(given, which); }
};

namespace detail {
/// Reads one number for all axes, `rows, columns` of an image or `depth, rows, columns` of a volume.
template <std::size_t... Sizes>
constexpr extent read_axes(option_values& to, std::size_t& depth) {
    constexpr std::size_t given[] = {Sizes...}, count = sizeof...(Sizes);
    (count == 3 ? to.for_volumes : to.for_images) |= count != 1;
    depth = given[0];
    return {given[count == 3 ? 1 : 0], given[count - 1]};
}
}  // namespace detail

/// Distance between neighbouring windows, `stride<2>`, `stride<rows, columns>` or of volumes `stride<depth, rows, columns>`.
/// Default 1; for pooling, the window.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) >= 1 && sizeof...(Sizes) <= 3) struct stride {
    static constexpr option sets = option::stride;
    static constexpr void apply(option_values& to) {
        to.stride = detail::read_axes<Sizes...>(to, to.depth_stride);
    }
};

/// Zeros (for max pooling: nothing) around the image: `padding<all>`, `padding<rows, columns>` on either
/// side, or `padding<top, bottom, left, right>`; of volumes `padding<depth, rows, columns>` or `padding<front, back, top,
/// bottom, left, right>`. Default none.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) >= 1 && sizeof...(Sizes) <= 6 && sizeof...(Sizes) != 5) struct padding {
    static constexpr option sets = option::padding;
    static constexpr void apply(option_values& to) {
        constexpr std::size_t given[] = {Sizes...}, count = sizeof...(Sizes);
        constexpr bool has_depth = count % 3 == 0;
        constexpr std::size_t sides = count == 4 || count == 6 ? 2 : 1;
        constexpr std::size_t rows = has_depth ? sides : 0, columns = count == 1 ? 0 : count - sides;
        (has_depth ? to.for_volumes : to.for_images) |= count != 1;
        to.front = given[0], to.back = given[sides - 1];
        to.top = given[rows], to.bottom = given[rows + sides - 1];
        to.left = given[columns], to.right = given[columns + sides - 1];
    }
};

/// As many zeros as make output = ceil(input / stride), an odd one at the end (Keras, ONNX' SAME_UPPER).
struct same {
    static constexpr option sets = option::same;
    static constexpr void apply(option_values&) {}
};

/// The same, but an odd zero goes to the beginning (ONNX SAME_LOWER).
struct same_lower {
    static constexpr option sets = option::same;
    static constexpr void apply(option_values& to) { to.odd_first = true; }
};

/// Distance between the taps of a kernel, 1 for an ordinary one: the kernel covers dilation * (kernel - 1) +
/// 1 cells. Numbers as in `stride`.
template <std::size_t... Sizes>
requires(sizeof...(Sizes) >= 1 && sizeof...(Sizes) <= 3) struct dilation {
    static constexpr option sets = option::dilation;
    static constexpr void apply(option_values& to) {
        to.dilation = detail::read_axes<Sizes...>(to, to.depth_dilation);
    }
};

/// Splits channels and filters into groups that do not see each other (AlexNet 2012; one per channel:
/// depthwise).
template <std::size_t Count>
struct groups {
    static constexpr option sets = option::groups;
    static constexpr void apply(option_values& to) { to.groups = Count; }
};

/// Filters for each channel of a depthwise convolution. Default 1.
template <std::size_t Count>
struct depth_multiplier {
    static constexpr option sets = option::depth_multiplier;
    static constexpr void apply(option_values& to) { to.depth_multiplier = Count; }
};

/// Rows and columns that a transposed convolution adds at the end of its result, fewer than the stride: it
/// chooses among the sizes that a convolution would have made the same input of. Default none.
template <std::size_t Rows, std::size_t Columns = Rows>
struct output_padding {
    static constexpr option sets = option::output_padding;
    static constexpr void apply(option_values& to) { to.output_padding = {Rows, Columns}; }
};

/// No result sees later steps: a convolution pads the beginning of a sequence with its dilated kernel's length less one,
/// attention looks at keys up to the query's own step.
struct causal {
    static constexpr option sets = option::causal;
    static constexpr void apply(option_values&) {}
};

/// In a stream a window waits for the later steps that its padding after the end would stand for, which is a latency; in a whole
/// sequence it changes nothing.
struct look_ahead {
    static constexpr option sets = option::look_ahead;
    static constexpr void apply(option_values&) {}
};

/// Interpolates between the nearest four pixels; pixels are squares, so edges repeat (Keras; PyTorch without
/// align_corners).
struct bilinear {
    static constexpr option sets = option::bilinear;
    static constexpr void apply(option_values&) {}
};

/// Computes a 3 x 3 convolution with stride 1 by Winograd's minimal filtering, `Tile` x `Tile` results at a time (2 or 4), where
/// weights are prepared (`model`, `trainer`) and the target has vectors: 2.25 or 4 times fewer products, results that differ in
/// the last bits. `with_winograd` does so for all layers of a network that gain by it. Lavin and Gray 2016, arXiv:1509.09308.
template <std::size_t Tile>
struct winograd {
    static constexpr option sets = option::winograd;
    static constexpr void apply(option_values& to) { to.winograd = Tile; }
};

/// Leaves the bias out.
struct no_bias {
    static constexpr option sets = option::no_bias;
    static constexpr void apply(option_values&) {}
};

/// Makes it an error that the stride leaves cells at the end unread.
struct exact {
    static constexpr option sets = option::exact;
    static constexpr void apply(option_values&) {}
};

/// Rounds the output of a pooling up; the last window still starts inside the image or its padding (PyTorch).
struct ceil_mode {
    static constexpr option sets = option::ceil_mode;
    static constexpr void apply(option_values&) {}
};

/// Divides an average by the number of cells inside the image. Without it explicit padding counts (PyTorch's
/// default); with `same` it never counts (TensorFlow).
struct exclude_padding {
    static constexpr option sets = option::exclude_padding;
    static constexpr void apply(option_values&) {}
};

/// Applies a dense layer to the last axis of an image or a sequence, as Keras does without being asked.
struct last_axis {
    static constexpr option sets = option::last_axis;
    static constexpr void apply(option_values&) {}
};

/// The number added to the variance under the root of a normalization. Keras' default is 1e-3, PyTorch's
/// 1e-5.
template <double Value>
struct epsilon {
    static constexpr option sets = option::epsilon;
    static constexpr void apply(option_values& to) { to.epsilon = Value; }
};

/// Weight of the old value in a moving average: moving = momentum * moving + (1 - momentum) * batch. Keras'
/// default is 0.99; PyTorch's "momentum 0.1" is `momentum<0.9>` here.
template <double Value>
struct momentum {
    static constexpr option sets = option::momentum;
    static constexpr void apply(option_values& to) { to.momentum = Value; }
};

/// Moves the variance towards the unbiased estimate of the batch's (PyTorch) instead of the biased one
/// (Keras).
struct unbiased_variance {
    static constexpr option sets = option::unbiased_variance;
    static constexpr void apply(option_values&) {}
};

/// Leaves the shift of a normalization out (Keras' center=False).
struct no_center {
    static constexpr option sets = option::no_center;
    static constexpr void apply(option_values&) {}
};
/// Leaves the factor of a normalization out (Keras' scale=False); with `no_center`, PyTorch's affine=False.
struct no_scale {
    static constexpr option sets = option::no_scale;
    static constexpr void apply(option_values&) {}
};

/// The axes that a `layer_norm` takes together, numbered as in a batch: `axes<1, 2, 3>` of an image, or from the end `axes<-3, -2, -1>`.
template <std::ptrdiff_t... Axes>
requires(sizeof...(Axes) >= 1 && sizeof...(Axes) <= 3) struct axes {
    static constexpr option sets = option::axes;
    static constexpr void apply(option_values& to) { ((to.axes[to.axis_count++] = Axes), ...); }
};

/// Where results of a resizing lie in the input: `coordinates<coordinate_rule::align_corners>`.
template <coordinate_rule Rule>
struct coordinates {
    static constexpr option sets = option::coordinates;
    static constexpr void apply(option_values& to) { to.coordinates = Rule; }
};
/// Which pixel a resizing without `bilinear` takes: `nearest<nearest_rule::floor>`.
template <nearest_rule Rule>
struct nearest {
    static constexpr option sets = option::nearest;
    static constexpr void apply(option_values& to) { to.nearest = Rule; }
};

/// One trained slope of a `prelu` for all channels.
struct one_slope {
    static constexpr option sets = option::one_slope;
    static constexpr void apply(option_values&) {}
};
/// A trained slope of a `prelu` for each element of a sample.
struct slope_per_element {
    static constexpr option sets = option::slope_per_element;
    static constexpr void apply(option_values&) {}
};
/// Where the slopes of a `prelu` start: 0 unless given (Keras); 0.25 in PyTorch.
template <double Value>
struct initial_slope {
    static constexpr option sets = option::initial_slope;
    static constexpr void apply(option_values& to) { to.initial_slope = Value; }
};

/// Adds Factor * |w|, summed over the layer's kernel, to what training makes small (lasso). With `l2`: elastic net.
template <double Factor>
struct l1 {
    static constexpr option sets = option::l1;
    static constexpr void apply(option_values& to) { to.l1 = Factor; }
};

/// Adds Factor * w^2, summed over the layer's kernel, to what training makes small (ridge, Keras' L2): the gradient gets
/// 2 * Factor * w.
template <double Factor>
struct l2 {
    static constexpr option sets = option::l2;
    static constexpr void apply(option_values& to) { to.l2 = Factor; }
};

/// How the layer's kernel starts, in place of the model's initializer: `dense<10, kernel_initializer<he_normal>>`.
template <class Initializer>
struct kernel_initializer {
    static constexpr option sets = option::kernel_initializer;
    static constexpr void apply(option_values&) {}
    using type = Initializer;
};

namespace detail {

/// The initializer that `Option` names among the options of a layer, or `void`.
template <template <class> class Option, class... Options>
struct initializer_among {
    using type = void;
};
template <template <class> class Option, class Initializer, class... Others>
struct initializer_among<Option, Option<Initializer>, Others...> {
    using type = Initializer;
};
template <template <class> class Option, class First, class... Others>
struct initializer_among<Option, First, Others...> : initializer_among<Option, Others...> {};

/// Options that contradict each other or are out of range. What was wrong before stays.
constexpr void check_together(option_values& values) {
    const auto fail = [&](rule broken) {
        if (values.broken == rule::ok) values.broken = broken;
    };
    if (values.has(option::same)) {
        if (values.has(option::padding)) fail(rule::padding_contradicts_same);
        if (values.has(option::ceil_mode)) fail(rule::ceil_mode_contradicts_same);
        if (values.has(option::exact)) fail(rule::same_contradicts_exact);
    }
    if (values.has(option::ceil_mode) && values.has(option::exact)) fail(rule::ceil_mode_contradicts_exact);
    if (values.has(option::two_biases) && values.has(option::no_bias))
        fail(rule::two_biases_contradict_no_bias);
    if (values.has(option::peepholes) && values.has(option::diagonal_peepholes))
        fail(rule::peepholes_contradict_diagonal);
    if (values.has(option::one_slope) && values.has(option::slope_per_element))
        fail(rule::one_slope_contradicts_slope_per_element);
    if (values.has(option::causal) &&
        (values.has(option::padding) || values.has(option::same) || values.has(option::look_ahead)))
        fail(rule::causal_contradicts_padding);
    if (values.stride.area() == 0 || values.dilation.area() == 0 || values.groups == 0 ||
        values.depth_stride == 0 || values.depth_dilation == 0 || values.depth_multiplier == 0)
        fail(rule::extent_is_zero);
    if (values.has(option::winograd) && values.winograd != 2 && values.winograd != 4)
        fail(rule::winograd_tile_is_not_2_or_4);
    if (!(values.l1 >= 0) || !(values.l2 >= 0)) fail(rule::penalty_is_negative);
    if (values.groups == 0) values.groups = 1;  // nothing divides by a number that is refused
}

}  // namespace detail

/// Reads `Options` for a layer that takes `Allowed`; `broken` says what is wrong with them.
template <option Allowed, class... Options>
constexpr option_values read_options() {
    option_values values;
    [[maybe_unused]] auto fail = [&](rule broken) {
        if (values.broken == rule::ok) values.broken = broken;
    };
    [[maybe_unused]] auto read = [&]<class Option>(Option*) {
        if constexpr (requires { Option::apply(values); }) {
            if (values.broken == rule::ok) values.culprit = Option::sets;
            if (!contains(Allowed, Option::sets)) fail(rule::unknown_option);
            if (values.has(Option::sets)) fail(rule::repeated_option);
            values.given = values.given | Option::sets;
            Option::apply(values);
        } else {
            if (values.broken == rule::ok) values.culprit = option{};
            fail(rule::unknown_option);
        }
    };
    (read(static_cast<Options*>(nullptr)), ...);
    if (contains(Allowed, option::of_volumes) ? values.for_images : values.for_volumes)
        fail(rule::option_has_other_axes);
    detail::check_together(values);
    return values;
}

}  // namespace archetype
