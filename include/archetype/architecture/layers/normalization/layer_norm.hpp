// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <archetype/architecture/layers/slice.hpp>

namespace archetype {

namespace detail {

/// Which axes of an image a normalization takes together.
struct norm_axes {
    bool rows = false, columns = false, channels = false, exist = true;
};
/// `axes<...>` of a value of shape `in`, the last axis without them; each once.
constexpr norm_axes axes_of_norm(const option_values& options, const shape& in) {
    norm_axes found;
    found.channels = options.axis_count == 0;
    for (std::size_t i = 0; i < options.axis_count; ++i) {
        const std::size_t axis = axis_of(in, options.axes[i]), from_end = in.rank - axis;
        if (axis == in.rank || in.rank > 3) return {.exist = false};
        bool& own = from_end == 1 ? found.channels : from_end == 2 ? found.columns : found.rows;
        found.exist = found.exist && !own;
        own = true;
    }
    return found;
}

/// Adds the trainable factor and shift of a normalization, of the given extents, where the options leave them.
constexpr void add_affine(layer_facts& facts, const option_values& options, const shape& extents,
                          text_view factor = "gamma") {
    if (!options.has(option::no_scale)) facts.add({factor, extents, true, initial::ones});
    if (!options.has(option::no_center)) facts.add({"beta", extents});
}
/// What tells normalizations apart whose tensors have the same extents.
constexpr double norm_variant(const option_values& options, double epsilon) {
    const double left = options.has(option::no_scale) ? 1 : options.has(option::no_center) ? 2 : 0;
    return left == 0 && options.axis_count == 0
               ? epsilon
               : fingerprint({epsilon, left, double(options.axes[0]), double(options.axes[1]),
                              double(options.axes[2]), double(options.axis_count)});
}

/// All of the rule of normalizations over `axes<...>` on values, but for their cost.
constexpr layer_facts describe_norm_over_axes(const shape& in, const option_values& options,
                                              text_view factor) {
    if (options.broken != rule::ok) return broken_layer(options.broken);
    if (!(options.epsilon > 0)) return broken_layer(rule::epsilon_is_not_positive);
    if (in.rank > 3 && options.axis_count != 0) return broken_layer(rule::takes_no_volume);
    const norm_axes axes = axes_of_norm(options, in);
    if (!axes.exist) return broken_layer(rule::axes_do_not_exist);
    layer_facts facts = blank_facts;
    facts.output = in;
    facts.sees_everything = in.rank == 1;
    shape extents;
    if (axes.rows) extents.extents[extents.rank++] = in.height();
    if (axes.columns) extents.extents[extents.rank++] = in.width();
    if (axes.channels) extents.extents[extents.rank++] = in.channels();
    facts.sees_all_rows = axes.rows, facts.sees_all_columns = axes.columns;
    facts.keeps_channels = !axes.channels;
    facts.normalizes = extents.size();
    add_affine(facts, options, extents, factor);
    facts.epsilon = options.epsilon;
    facts.variant = norm_variant(options, options.epsilon);
    return facts;
}

}  // namespace detail

/// Layer normalization (Ba, Kiros, Hinton 2016) over the last axis: y = gamma (x - mean) / sqrt(variance + epsilon) + beta
/// with mean and biased variance of each pixel, time step or vector on its own, in training and at inference alike.
/// Two trainable numbers (gamma, beta) for each channel. Any shape, unchanged. Options: epsilon<1e-3> (Keras; PyTorch 1e-5),
/// no_center, no_scale, and axes<...>: mean and variance over these axes, gamma and beta of their extents (Keras' axis;
/// PyTorch's normalized_shape are the last ones).
template <class... Options>
struct layer_norm {
    static constexpr text_view kind = "layer_norm";
    static constexpr layer_role role = layer_role::rows;
    static constexpr option_values options =
        read_options<option::epsilon | option::axes | option::no_center | option::no_scale, Options...>();

    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::describe_norm_over_axes(in, options, "gamma");
        facts.pointwise_operations = 7 * in.size();  // mean 1, variance 3, result 3
        return facts;
    }
};

/// Normalization by the root of the mean square (Zhang, Sennrich 2019) over the last axis: y = scale x / sqrt(mean of x^2 +
/// epsilon), each pixel, time step or vector on its own. A trainable number for each channel. Any shape, unchanged. Options:
/// epsilon<1e-6> (Keras; ONNX 1e-5), no_scale, and axes<...>: the mean over these axes, scale of their extents (Keras' axis;
/// PyTorch's normalized_shape and ONNX' axis are the last ones).
template <class... Options>
struct rms_norm {
    static constexpr text_view kind = "rms_norm";
    static constexpr layer_role role = layer_role::rows;
    static constexpr option_values options = [] {
        option_values read = read_options<option::epsilon | option::axes | option::no_scale, Options...>();
        if (!read.has(option::epsilon)) read.epsilon = 1e-6;
        read.given = read.given | option::no_center;  // there is none
        return read;
    }();

    static constexpr layer_facts describe(const shape& in) {
        layer_facts facts = detail::describe_norm_over_axes(in, options, "scale");
        if (options.axis_count == 0) facts.variant = options.epsilon;
        facts.pointwise_operations = 4 * in.size();  // mean 2, result 2
        return facts;
    }
};

}  // namespace archetype
