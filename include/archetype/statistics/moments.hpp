// SPDX-License-Identifier: BSL-1.0
/// @file moments.hpp
/// Mean and covariance of samples [sample][feature]; a rank-1 expression is one feature.
#pragma once
#include <archetype/statistics/arrays.hpp>
#include <cstddef>

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline vector column_mean(const matrix& samples) {
    const std::size_t count = samples.shape()[0], features = samples.shape()[1];
    vector mean = zeros(features);
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; j < features; ++j) mean(j) += samples(i, j);
    for (std::size_t j = 0; j < features; ++j) mean(j) /= static_cast<double>(count);
    return mean;
}

inline matrix centered(const matrix& samples, const vector& mean) {
    matrix result = samples;
    for (std::size_t i = 0; i < samples.shape()[0]; ++i)
        for (std::size_t j = 0; j < mean.size(); ++j) result(i, j) -= mean(j);
    return result;
}

/// a^t b / divisor.
inline matrix mean_product(const matrix& a, const matrix& b, double divisor) {
    matrix result = transposed_product(a, b);
    result /= divisor;
    return result;
}

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// Mean of every feature [feature]. @throws std::invalid_argument for an empty set or values not finite
template <class E>
vector mean(const xt::xexpression<E>& samples) {
    return detail::column_mean(detail::matrix_of(samples, "mean", "samples", detail::rank_one::column));
}

/// Covariance matrix [feature][feature]: the sum of products divided by samples - `lost`. `lost` = 0 is the
/// maximum-likelihood estimate, 1 the unbiased one.
/// @throws std::invalid_argument for `lost` samples or fewer, or values not finite
template <class E>
matrix covariance(const xt::xexpression<E>& samples, std::size_t lost = 0) {
    const matrix all = detail::matrix_of(samples, "covariance", "samples", detail::rank_one::column);
    const std::size_t count = all.shape()[0];
    if (count <= lost)
        detail::fail("covariance", "samples", "to be more than " + detail::text(lost), detail::text(count));
    const matrix rest = detail::centered(all, detail::column_mean(all));
    return detail::mean_product(rest, rest, static_cast<double>(count - lost));
}

/// Second-order statistics of a pair of random vectors x [input] and y [output].
struct joint_moments {
    vector mean_x, mean_y;
    matrix covariance_x;   ///< K_x [input][input]
    matrix covariance_yx;  ///< K_yx = E (y - m_y)(x - m_x)^t [output][input]
    matrix covariance_y;   ///< K_y [output][output]
};

/// Moments of samples x [sample][input] and y [sample][output], sums divided by the number of samples.
/// Rank 1 stands for one input or one output.
/// @throws std::invalid_argument for empty sets, different numbers of samples, or values not finite
template <class X, class Y>
joint_moments moments(const xt::xexpression<X>& x, const xt::xexpression<Y>& y) {
    const matrix inputs = detail::matrix_of(x, "moments", "x", detail::rank_one::column);
    const matrix outputs = detail::matrix_of(y, "moments", "y", detail::rank_one::column);
    detail::check_same_length(outputs.shape()[0], inputs.shape()[0], "moments", "y");
    const auto count = static_cast<double>(inputs.shape()[0]);
    joint_moments result{detail::column_mean(inputs), detail::column_mean(outputs), {}, {}, {}};
    const matrix dx = detail::centered(inputs, result.mean_x), dy = detail::centered(outputs, result.mean_y);
    result.covariance_x = detail::mean_product(dx, dx, count);
    result.covariance_yx = detail::mean_product(dy, dx, count);
    result.covariance_y = detail::mean_product(dy, dy, count);
    return result;
}

/// `samples` [sample][feature] with a last column of ones: linear methods then find an offset too.
template <class E>
matrix with_constant(const xt::xexpression<E>& samples) {
    const matrix all = detail::matrix_of(samples, "with_constant", "samples", detail::rank_one::column);
    const std::size_t count = all.shape()[0], features = all.shape()[1];
    matrix result(typename matrix::shape_type{count, features + 1}, 1.0);
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; j < features; ++j) result(i, j) = all(i, j);
    return result;
}

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
