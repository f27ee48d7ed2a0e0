// SPDX-License-Identifier: BSL-1.0
/// @file pca.hpp
/// Principal component analysis by singular value decomposition of the covariance matrix.
#pragma once
#include <archetype/statistics/arrays.hpp>
#include <archetype/statistics/moments.hpp>
#include <archetype/statistics/projection.hpp>
#include <cstddef>
#include <tuple>
#include <xtensor-blas/xlinalg.hpp>

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// The orthogonal directions in which samples vary most.
///
/// The covariance U S U^t of the samples (divided by their number minus 1) gives the directions, columns of U,
/// and the variances along them, S, largest first. Variances below 1e-16 of the largest are noise of rounding.
/// Features in different units should be normalized before.
class pca : public detail::projection {
public:
    /// Fits on samples [sample][feature] and keeps `components` directions, 0 for all.
    /// @throws std::invalid_argument for fewer than two samples, values not finite, samples that are all equal,
    /// or more components than features
    template <class E>
    explicit pca(const xt::xexpression<E>& samples, std::size_t components = 0)
        : pca(detail::matrix_of(samples, "pca", "samples"), components, 0) {}

    /// Variance along every direction kept [component].
    const vector& explained_variance() const { return variance_; }
    /// Its share of the variance in all directions [component].
    const vector& explained_variance_ratio() const { return ratio_; }

    /// Samples [sample][feature] from their components [sample][component]: exactly what was transformed if all
    /// directions were kept, else the nearest samples in the space of those kept.
    /// @throws std::invalid_argument if the components are not as many as were kept
    template <class E>
    matrix inverse(const xt::xexpression<E>& transformed) const {
        const matrix values = detail::matrix_of(transformed, name_, "transformed");
        detail::check_columns(values, size(), name_, "transformed");
        matrix result = detail::product(values, directions_);
        for (std::size_t i = 0; i < result.shape()[0]; ++i)
            for (std::size_t j = 0; j < features(); ++j) result(i, j) += mean_(j);
        return result;
    }

private:
    vector variance_, ratio_;

    pca(const matrix& samples, std::size_t components, int)
        : projection(detail::checked_components(components, samples.shape()[1], "pca"),
                     detail::column_mean(samples), "pca"),
          variance_(detail::zeros(size())),
          ratio_(detail::zeros(size())) {
        const std::size_t count = samples.shape()[0];
        if (count < 2) detail::fail("pca", "samples", std::string("to be 2 or more"), detail::text(count));
        const matrix rest = detail::centered(samples, mean_);
        const matrix covariance = detail::mean_product(rest, rest, static_cast<double>(count - 1));
        const double total = detail::trace(covariance);
        if (!(total > 0 && detail::is_finite(total)))
            detail::fail("pca", "samples", "to have a positive, finite variance", total);
        const auto decomposition = xt::linalg::svd(covariance);
        const matrix u = std::get<0>(decomposition);
        const vector s = std::get<1>(decomposition);
        for (std::size_t k = 0; k < size(); ++k) {
            variance_(k) = s(k);
            ratio_(k) = s(k) / total;
            for (std::size_t j = 0; j < features(); ++j) directions_(k, j) = u(j, k);
            detail::fix_sign(directions_, k);
        }
    }
};

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
