// SPDX-License-Identifier: BSL-1.0
/// @file named_activations.hpp
/// Further activations by the names of Keras, PyTorch and ONNX; their formulas are in expression/activations.hpp. Numbers
/// that the three set differently are template arguments: docs/reference/layers.md has the table.
#pragma once
#include <archetype/architecture/layers/activation.hpp>

namespace archetype {

namespace detail {
/// A pointwise layer whose numbers obey a rule.
template <bool IsInRange>
struct ranged_pointwise_layer : pointwise_layer {
    static constexpr layer_facts describe(const shape& in) {
        if (!IsInRange) return broken_layer(rule::activation_number_is_out_of_range);
        return pointwise_layer::describe(in);
    }
};
}  // namespace detail

/// min(max(x, 0), 6).
struct relu6 : pointwise_layer {
    static constexpr text_view kind = "relu6";
};
/// min(max(Slope x + Offset, 0), 1): slope 1/6 in PyTorch and Keras 3, 0.2 in ONNX and Keras before.
template <double Slope = 1.0 / 6, double Offset = 0.5>
struct hard_sigmoid : pointwise_layer {
    static constexpr text_view kind = "hard_sigmoid";
    static constexpr double slope = Slope, offset = Offset;
};
/// x min(max(x / 6 + 1/2, 0), 1) (Howard et al. 2019).
struct hard_swish : pointwise_layer {
    static constexpr text_view kind = "hard_swish";
};
/// x / (1 + exp(-x)) (Elfwing et al. 2017).
struct silu : pointwise_layer {
    static constexpr text_view kind = "silu";
};
/// Keras' older name of `silu`.
using swish = silu;
/// x Phi(x), with the distribution function of the normal distribution (Hendrycks, Gimpel 2016).
struct gelu : pointwise_layer {
    static constexpr text_view kind = "gelu";
};
/// GELU by a hyperbolic tangent, at most 4.8e-4 away from `gelu`.
struct gelu_tanh : pointwise_layer {
    static constexpr text_view kind = "gelu_tanh";
};
/// log(1 + exp(x)).
struct softplus : pointwise_layer {
    static constexpr text_view kind = "softplus";
};
/// x / (1 + |x|).
struct softsign : pointwise_layer {
    static constexpr text_view kind = "softsign";
};
/// x tanh(log(1 + exp(x))) (Misra 2019).
struct mish : pointwise_layer {
    static constexpr text_view kind = "mish";
};
/// 1.0507 x for x >= 0, 1.0507 * 1.6733 (exp(x) - 1) below (Klambauer et al. 2017).
struct selu : pointwise_layer {
    static constexpr text_view kind = "selu";
};
/// x for x >= 0, Alpha (exp(x / Alpha) - 1) below (Barron 2017).
template <double Alpha = 1.0>
struct celu : detail::ranged_pointwise_layer<(Alpha > 0)> {
    static constexpr text_view kind = "celu";
    static constexpr double alpha = Alpha;
};
/// exp(x).
struct exponential : pointwise_layer {
    static constexpr text_view kind = "exponential";
};
/// log(1 / (1 + exp(-x))).
struct log_sigmoid : pointwise_layer {
    static constexpr text_view kind = "log_sigmoid";
};
/// min(max(x, Low), High).
template <double Low = -1.0, double High = 1.0>
struct hard_tanh : detail::ranged_pointwise_layer<(Low < High)> {
    static constexpr text_view kind = "hard_tanh";
    static constexpr double low = Low, high = High;
};
/// x where |x| > Lambda, else 0.
template <double Lambda = 0.5>
struct hard_shrink : detail::ranged_pointwise_layer<(Lambda >= 0)> {
    static constexpr text_view kind = "hard_shrink";
    static constexpr double lambda = Lambda;
};
/// x - Lambda above Lambda, x + Lambda below -Lambda, else 0.
template <double Lambda = 0.5>
struct soft_shrink : detail::ranged_pointwise_layer<(Lambda >= 0)> {
    static constexpr text_view kind = "soft_shrink";
    static constexpr double lambda = Lambda;
};
/// x - tanh(x).
struct tanh_shrink : pointwise_layer {
    static constexpr text_view kind = "tanh_shrink";
};
/// x where x > Bound, else Value.
template <double Bound, double Value = 0.0>
struct threshold : pointwise_layer {
    static constexpr text_view kind = "threshold";
    static constexpr double bound = Bound, value = Value;
};
/// x where x > Theta, else 0.
template <double Theta = 1.0>
using thresholded_relu = threshold<Theta>;
/// sin(x) (Sitzmann et al. 2020).
struct sin : pointwise_layer {
    static constexpr text_view kind = "sin";
};
/// x + sin(Alpha x)^2 / Alpha (Ziyin et al. 2020).
template <double Alpha = 1.0>
struct snake : detail::ranged_pointwise_layer<(Alpha != 0)> {
    static constexpr text_view kind = "snake";
    static constexpr double alpha = Alpha;
};

}  // namespace archetype
