// SPDX-License-Identifier: BSL-1.0
/// @file positive_definite.hpp
/// Symmetric positive-definite systems: covariance matrices, scatter matrices, normal equations.
///
/// The matrix is scaled to ones on its diagonal first, so the units of features do not matter. It counts as
/// singular where the smallest eigenvalue of the scaled matrix is below 1e-13 of the largest.
#pragma once
#include <archetype/statistics/arrays.hpp>
#include <cmath>
#include <cstddef>
#include <tuple>
#include <xtensor-blas/xlinalg.hpp>

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Eigenvalues (ascending) and eigenvectors (columns) of a symmetric matrix.
struct symmetric_eigen {
    vector values;
    matrix vectors;
    explicit symmetric_eigen(const matrix& a) {
        auto found = xt::linalg::eigh(a);
        values = std::get<0>(found);
        vectors = std::get<1>(found);
    }
};

class positive_definite {
public:
    /// @throws std::invalid_argument if `a` is not square, not symmetric, or not positive definite
    positive_definite(const matrix& a, const char* function, const char* argument)
        : positive_definite(a, scales_of(a, function, argument), function, argument) {}

    /// a^-1 b.
    matrix solve(const matrix& b) const { return transposed_product(whitener_, product(whitener_, b)); }

    /// W [feature][feature] with W a W^t = 1, so a^-1 = W^t W.
    const matrix& whitener() const { return whitener_; }

private:
    matrix whitener_;

    positive_definite(const matrix& a, const vector& scales, const char* function, const char* argument)
        : whitener_(a) {
        const std::size_t n = scales.size();
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j) whitener_(i, j) *= scales(i) * scales(j);
        const symmetric_eigen eigen(whitener_);
        const double smallest = eigen.values(0), largest = eigen.values(n - 1);
        if (!(smallest > 1e-13 * largest))
            fail(
                function, argument, "to be positive definite, with its diagonal scaled to ones",
                text(smallest).append(" as smallest eigenvalue (largest ").append(text(largest)).append(")"));
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                whitener_(i, j) = eigen.vectors(j, i) * scales(j) / std::sqrt(eigen.values(i));
    }

    static vector scales_of(const matrix& a, const char* function, const char* argument) {
        const std::size_t n = a.shape()[0];
        if (n == 0 || a.shape()[1] != n)
            fail(function, argument, std::string("to be square"), shape_text(n, a.shape()[1]));
        vector scales = zeros(n);
        for (std::size_t i = 0; i < n; ++i) {
            if (!(a(i, i) > 0 && is_finite(a(i, i))))
                fail(function, argument, std::string("to be positive definite"),
                     text(a(i, i)).append(" on the diagonal at index ").append(text(i)));
            scales(i) = 1 / std::sqrt(a(i, i));
        }
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (!(std::abs(a(i, j) - a(j, i)) * scales(i) * scales(j) < 1e-9))
                    fail(function, argument, std::string("to be symmetric"),
                         text(a(i, j))
                             .append(" and ")
                             .append(text(a(j, i)))
                             .append(" at ")
                             .append(shape_text(i, j)));
        return scales;
    }
};

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET
