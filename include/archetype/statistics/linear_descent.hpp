// SPDX-License-Identifier: BSL-1.0
/// @file linear_descent.hpp
/// Linear estimators found step by step: steepest descent on the moments, and single-point stochastic gradient
/// descent on samples (LMS; Widrow and Hoff 1960). Both go to the closed form of `linear_mmse`.
///
/// Steps use half the gradient of the square error, so its factor 2 is not in them:
///   steepest descent  F <- F + rate (R_yx - F R_x)
///   LMS               F <- F + rate (y - F x) x^t      for one sample (x, y), whose mean is the step above
#pragma once
#include <archetype/statistics/arrays.hpp>
#include <archetype/statistics/estimation.hpp>
#include <archetype/statistics/moments.hpp>
#include <archetype/statistics/positive_definite.hpp>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// Weights after the last step, and the error before each step: the mean square error with steepest descent
/// (and one more after the last step), the square error of the sample the step uses with LMS.
struct descent_result {
    matrix weights;  ///< F [output][input]
    std::vector<double> errors;
};

/// Steepest descent converges for rates below this: 2 / (largest eigenvalue of R_x).
/// @throws std::invalid_argument if the moments' shapes do not fit or all of x is zero
inline double largest_stable_rate(const joint_moments& m) {
    detail::check_moments(m, "largest_stable_rate");
    const detail::symmetric_eigen eigen(detail::plus_outer(m.covariance_x, m.mean_x, m.mean_x));
    const double largest = eigen.values(eigen.values.size() - 1);
    if (!(largest > 0))
        detail::fail("largest_stable_rate", "covariance_x", "to have a positive eigenvalue", largest);
    return 2 / largest;
}

/// Steepest descent from F = 0. With a rate of `largest_stable_rate` or more the weights grow without bound.
/// @throws std::invalid_argument if the moments' shapes do not fit, or the rate is not positive and finite
inline descent_result steepest_descent(const joint_moments& m, double rate, std::size_t steps) {
    detail::check_moments(m, "steepest_descent");
    detail::check_positive(rate, "steepest_descent", "rate");
    const matrix r_x = detail::plus_outer(m.covariance_x, m.mean_x, m.mean_x);
    const matrix r_yx = detail::plus_outer(m.covariance_yx, m.mean_y, m.mean_x);
    const double power = detail::trace(detail::plus_outer(m.covariance_y, m.mean_y, m.mean_y));
    descent_result result{detail::zeros(m.mean_y.size(), m.mean_x.size()), {}};
    for (std::size_t step = 0;; ++step) {
        matrix slope = r_yx;
        slope -= detail::product(result.weights, r_x);
        // tr(R_y - 2 F R_xy + F R_x F^t) = tr R_y - sum of F (R_yx + slope)
        double error = power;
        for (std::size_t i = 0; i < slope.shape()[0]; ++i)
            for (std::size_t j = 0; j < slope.shape()[1]; ++j)
                error -= result.weights(i, j) * (r_yx(i, j) + slope(i, j));
        result.errors.push_back(error);
        if (step == steps) return result;
        slope *= rate;
        result.weights += slope;
    }
}

/// How `least_mean_squares` goes through the samples.
struct lms_options {
    double rate = 0.01;      ///< of the first step
    double decay = 0;        ///< step t = 0, 1, ... has the rate rate / (1 + decay t)
    std::size_t epochs = 1;  ///< times every sample is used
    bool shuffle = true;     ///< a new order in every epoch; else the order of the samples
    std::uint64_t seed = 0;  ///< of the orders: the same on every platform
};

/// LMS from F = 0 on samples x [sample][input], y [sample][output]; rank 1 stands for one input or output.
/// With a constant rate the weights keep moving around the closed form by an amount that grows with the rate;
/// with `decay` they settle.
/// @throws std::invalid_argument for empty sets, different numbers of samples, values not finite, a rate that
/// is not positive, or a negative decay
template <class X, class Y>
descent_result least_mean_squares(const xt::xexpression<X>& x, const xt::xexpression<Y>& y,
                                  const lms_options& options = {}) {
    const char* name = "least_mean_squares";
    const matrix inputs = detail::matrix_of(x, name, "x", detail::rank_one::column);
    const matrix outputs = detail::matrix_of(y, name, "y", detail::rank_one::column);
    detail::check_same_length(outputs.shape()[0], inputs.shape()[0], name, "y");
    detail::check_positive(options.rate, name, "rate");
    if (!(options.decay >= 0)) detail::fail(name, "decay", "to be 0 or more", options.decay);
    const std::size_t samples = inputs.shape()[0], ins = inputs.shape()[1], outs = outputs.shape()[1];
    descent_result result{detail::zeros(outs, ins), {}};
    result.errors.reserve(samples * options.epochs);
    std::vector<std::size_t> order(samples);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937_64 random(options.seed);
    for (std::size_t epoch = 0; epoch < options.epochs; ++epoch) {
        // std::shuffle and distributions differ between standard libraries; the bias of % is below 1e-12
        for (std::size_t i = samples; options.shuffle && i > 1; --i)
            std::swap(order[i - 1], order[random() % i]);
        for (std::size_t sample : order) {
            const double rate =
                options.rate / (1 + options.decay * static_cast<double>(result.errors.size()));
            double square = 0;
            for (std::size_t o = 0; o < outs; ++o) {
                double error = outputs(sample, o);
                for (std::size_t i = 0; i < ins; ++i) error -= result.weights(o, i) * inputs(sample, i);
                square += error * error;
                for (std::size_t i = 0; i < ins; ++i)
                    result.weights(o, i) += rate * error * inputs(sample, i);
            }
            result.errors.push_back(square);
        }
    }
    return result;
}

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
