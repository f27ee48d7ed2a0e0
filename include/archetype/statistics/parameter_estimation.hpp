// SPDX-License-Identifier: BSL-1.0
/// @file parameter_estimation.hpp
/// Maximum-likelihood (ML) and maximum-a-posteriori (MAP) estimates of parameters: Gaussian, Bernoulli, and the
/// linear model with Gaussian noise, whose MAP estimate with a Gaussian prior is ridge regression.
///
/// All throw `std::invalid_argument` for no samples, values that are not finite, or parameters out of range.
#pragma once
#include <archetype/statistics/arrays.hpp>
#include <archetype/statistics/positive_definite.hpp>
#include <cstddef>

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// A normal distribution, and the prior of a mean.
struct gaussian {
    double mean, variance;
};
/// Prior of a variance: density proportional to v^(-shape - 1) e^(-scale / v).
struct inverse_gamma {
    double shape, scale;
};
/// Prior of a probability: density proportional to p^(a - 1) (1 - p)^(b - 1), a and b 1 or more.
struct beta {
    double a, b;
};

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline double mean_of(const vector& samples) {
    double sum = 0;
    for (double x : samples) sum += x;
    return sum / static_cast<double>(samples.size());
}

inline double squares_around(const vector& samples, double mean) {
    double sum = 0;
    for (double x : samples) sum += (x - mean) * (x - mean);
    return sum;
}

/// Number of ones among zeros and ones.
inline double successes_of(const vector& outcomes, const char* function) {
    double sum = 0;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes(i) != 0 && outcomes(i) != 1)
            fail_at(function, "outcomes", "to be 0 or 1", outcomes(i), i);
        sum += outcomes(i);
    }
    return sum;
}

/// (factor x^t x + ridge 1)^-1 factor x^t y.
inline vector regularized_least_squares(const matrix& x, const vector& y, double factor, double ridge,
                                        const char* function) {
    check_same_length(y.size(), x.shape()[0], function, "y");
    const std::size_t inputs = x.shape()[1];
    matrix normal = transposed_product(x, x);
    normal *= factor;
    for (std::size_t i = 0; i < inputs; ++i) normal(i, i) += ridge;
    matrix right = zeros(inputs, 1);
    for (std::size_t s = 0; s < y.size(); ++s)
        for (std::size_t i = 0; i < inputs; ++i) right(i, 0) += factor * x(s, i) * y(s);
    const matrix solution = positive_definite(normal, function, "x^t x").solve(right);
    vector weights = zeros(inputs);
    for (std::size_t i = 0; i < inputs; ++i) weights(i) = solution(i, 0);
    return weights;
}

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// ML: mean and variance of the samples [sample], the sum of squares divided by their number.
template <class E>
gaussian gaussian_ml(const xt::xexpression<E>& samples) {
    const vector values = detail::vector_of(samples, "gaussian_ml", "samples");
    const double mean = detail::mean_of(values);
    return {mean, detail::squares_around(values, mean) / static_cast<double>(values.size())};
}

/// A-posteriori distribution of the mean of samples with a known variance; its mean is the MAP estimate:
/// (n x / variance + prior.mean / prior.variance) / (n / variance + 1 / prior.variance), x the samples' mean.
template <class E>
gaussian gaussian_mean_map(const xt::xexpression<E>& samples, double variance, gaussian prior) {
    const vector values = detail::vector_of(samples, "gaussian_mean_map", "samples");
    detail::check_positive(variance, "gaussian_mean_map", "variance");
    detail::check_positive(prior.variance, "gaussian_mean_map", "prior.variance");
    if (!detail::is_finite(prior.mean))
        detail::fail("gaussian_mean_map", "prior.mean", "to be finite", prior.mean);
    const double precision = static_cast<double>(values.size()) / variance,
                 prior_precision = 1 / prior.variance;
    const double sum = precision + prior_precision;
    return {(precision * detail::mean_of(values) + prior_precision * prior.mean) / sum, 1 / sum};
}

/// MAP estimate of the variance of samples with a known mean:
/// (scale + sum (x - mean)^2 / 2) / (shape + n / 2 + 1).
template <class E>
double gaussian_variance_map(const xt::xexpression<E>& samples, double mean, inverse_gamma prior) {
    const vector values = detail::vector_of(samples, "gaussian_variance_map", "samples");
    if (!detail::is_finite(mean)) detail::fail("gaussian_variance_map", "mean", "to be finite", mean);
    detail::check_positive(prior.shape, "gaussian_variance_map", "prior.shape");
    detail::check_positive(prior.scale, "gaussian_variance_map", "prior.scale");
    return (prior.scale + detail::squares_around(values, mean) / 2) /
           (prior.shape + static_cast<double>(values.size()) / 2 + 1);
}

/// ML: the share of ones among the outcomes [sample], which are 0 or 1 (or false and true).
template <class E>
double bernoulli_ml(const xt::xexpression<E>& outcomes) {
    const vector values = detail::vector_of(outcomes, "bernoulli_ml", "outcomes");
    return detail::successes_of(values, "bernoulli_ml") / static_cast<double>(values.size());
}

/// MAP: (ones + a - 1) / (n + a + b - 2). `beta{1, 1}` is the uniform prior, whose MAP estimate is the ML one.
template <class E>
double bernoulli_map(const xt::xexpression<E>& outcomes, beta prior) {
    const vector values = detail::vector_of(outcomes, "bernoulli_map", "outcomes");
    for (double parameter : {prior.a, prior.b})
        if (!(parameter >= 1 && detail::is_finite(parameter)))
            detail::fail("bernoulli_map", parameter == prior.a ? "prior.a" : "prior.b", "to be 1 or more",
                         parameter);
    return (detail::successes_of(values, "bernoulli_map") + prior.a - 1) /
           (static_cast<double>(values.size()) + prior.a + prior.b - 2);
}

/// The w [input] with the least |y - x w|^2 + lambda |w|^2, for x [sample][input], y [sample]. All weights are
/// penalized, also that of a column `with_constant` added.
/// @throws std::invalid_argument also if lambda is negative, or 0 and the inputs depend on each other linearly
template <class X, class Y>
vector ridge_regression(const xt::xexpression<X>& x, const xt::xexpression<Y>& y, double lambda) {
    const char* name = "ridge_regression";
    if (!(lambda >= 0 && detail::is_finite(lambda))) detail::fail(name, "lambda", "to be 0 or more", lambda);
    return detail::regularized_least_squares(detail::matrix_of(x, name, "x", detail::rank_one::column),
                                             detail::vector_of(y, name, "y"), 1, lambda, name);
}

/// ML estimate of w in y = x w + noise, noise Gaussian with equal variances: least squares.
template <class X, class Y>
vector linear_gaussian_ml(const xt::xexpression<X>& x, const xt::xexpression<Y>& y) {
    const char* name = "linear_gaussian_ml";
    return detail::regularized_least_squares(detail::matrix_of(x, name, "x", detail::rank_one::column),
                                             detail::vector_of(y, name, "y"), 1, 0, name);
}

/// MAP estimate of w with a Gaussian prior of mean 0 and variance `weight_variance` for every weight:
/// (x^t x / noise_variance + 1 / weight_variance)^-1 x^t y / noise_variance, which is `ridge_regression` with
/// lambda = noise_variance / weight_variance.
template <class X, class Y>
vector linear_gaussian_map(const xt::xexpression<X>& x, const xt::xexpression<Y>& y, double noise_variance,
                           double weight_variance) {
    const char* name = "linear_gaussian_map";
    detail::check_positive(noise_variance, name, "noise_variance");
    detail::check_positive(weight_variance, name, "weight_variance");
    return detail::regularized_least_squares(detail::matrix_of(x, name, "x", detail::rank_one::column),
                                             detail::vector_of(y, name, "y"), 1 / noise_variance,
                                             1 / weight_variance, name);
}

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
