// SPDX-License-Identifier: BSL-1.0
/// @file estimation.hpp
/// Minimum-mean-square-error estimators of y from x that are affine (F x + b) or linear (F x).
///
/// Affine: F = K_yx K_x^-1, b = m_y - F m_x, error tr(K_y - K_yx K_x^-1 K_xy). Linear: the same with the
/// correlations R = K + m m^t in place of the covariances K, and b = 0. From samples, the moments are averages
/// over them, so `error` is the mean of |y - F x - b|^2 over those samples, and no other F and b has less.
#pragma once
#include <archetype/statistics/arrays.hpp>
#include <archetype/statistics/moments.hpp>
#include <archetype/statistics/positive_definite.hpp>
#include <cstddef>

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// y = F x + b.
struct linear_estimator {
    matrix weights;  ///< F [output][input]
    vector offset;   ///< b [output], zeros in a linear estimator
    double error;    ///< E |y - F x - b|^2, summed over outputs

    /// Estimates [sample][output] for x [sample][input]; rank 1 is samples of a single input.
    /// @throws std::invalid_argument if the inputs are not as many as were fitted
    template <class E>
    matrix operator()(const xt::xexpression<E>& x) const {
        const matrix inputs = detail::matrix_of(x, "linear_estimator", "x", detail::rank_one::column);
        detail::check_columns(inputs, weights.shape()[1], "linear_estimator", "x");
        matrix result = detail::product_transposed(inputs, weights);
        for (std::size_t i = 0; i < result.shape()[0]; ++i)
            for (std::size_t j = 0; j < offset.size(); ++j) result(i, j) += offset(j);
        return result;
    }
};

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// a b^t added to m.
inline matrix plus_outer(matrix m, const vector& a, const vector& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < b.size(); ++j) m(i, j) += a(i) * b(j);
    return m;
}

/// @throws std::invalid_argument if shapes do not fit together or a value is not finite
inline void check_moments(const joint_moments& m, const char* function) {
    const vector mean_x = vector_of(m.mean_x, function, "mean_x"),
                 mean_y = vector_of(m.mean_y, function, "mean_y");
    const auto check = [&](const matrix& k, const char* name, std::size_t rows, std::size_t columns) {
        matrix_of(k, function, name);
        if (k.shape()[0] != rows || k.shape()[1] != columns)
            fail(function, name, "to have shape " + shape_text(rows, columns),
                 shape_text(k.shape()[0], k.shape()[1]));
    };
    check(m.covariance_x, "covariance_x", mean_x.size(), mean_x.size());
    check(m.covariance_yx, "covariance_yx", mean_y.size(), mean_x.size());
    check(m.covariance_y, "covariance_y", mean_y.size(), mean_y.size());
}

/// F = s_yx s_x^-1 and tr(s_y - F s_xy).
inline linear_estimator solve_estimator(const matrix& s_x, const matrix& s_yx, const matrix& s_y,
                                        const char* function) {
    const matrix s_xy = transposed(s_yx);
    const matrix solution = positive_definite(s_x, function, "covariance_x").solve(s_xy);
    linear_estimator result{transposed(solution), zeros(s_y.shape()[0]), 0};
    const double total = trace(s_y);
    const double error = total - trace(product(s_yx, solution));
    if (error < -1e-9 * total || total < 0)
        fail(function, "moments", "to be those of a random vector, whose error is 0 or more", error);
    result.error = error > 0 ? error : 0;
    return result;
}

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// The affine estimator with the least mean square error.
/// @throws std::invalid_argument if shapes do not fit, covariance_x is not positive definite, or no random
/// vector has these moments
inline linear_estimator affine_mmse(const joint_moments& m) {
    detail::check_moments(m, "affine_mmse");
    linear_estimator result =
        detail::solve_estimator(m.covariance_x, m.covariance_yx, m.covariance_y, "affine_mmse");
    for (std::size_t i = 0; i < result.offset.size(); ++i) {
        result.offset(i) = m.mean_y(i);
        for (std::size_t j = 0; j < m.mean_x.size(); ++j)
            result.offset(i) -= result.weights(i, j) * m.mean_x(j);
    }
    return result;
}

/// The linear estimator with the least mean square error. @throws std::invalid_argument as `affine_mmse`
inline linear_estimator linear_mmse(const joint_moments& m) {
    detail::check_moments(m, "linear_mmse");
    return detail::solve_estimator(detail::plus_outer(m.covariance_x, m.mean_x, m.mean_x),
                                   detail::plus_outer(m.covariance_yx, m.mean_y, m.mean_x),
                                   detail::plus_outer(m.covariance_y, m.mean_y, m.mean_y), "linear_mmse");
}

/// From samples x [sample][input], y [sample][output]; rank 1 stands for one input or output.
/// @throws std::invalid_argument as `moments`, or if inputs depend on each other linearly
template <class X, class Y>
linear_estimator affine_mmse(const xt::xexpression<X>& x, const xt::xexpression<Y>& y) {
    return affine_mmse(moments(x, y));
}
template <class X, class Y>
linear_estimator linear_mmse(const xt::xexpression<X>& x, const xt::xexpression<Y>& y) {
    return linear_mmse(moments(x, y));
}

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
