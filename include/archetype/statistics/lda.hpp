// SPDX-License-Identifier: BSL-1.0
/// @file lda.hpp
/// Linear discriminant analysis (Fisher; Rao) from intra- and inter-class scatter matrices.
#pragma once
#include <algorithm>
#include <archetype/statistics/arrays.hpp>
#include <archetype/statistics/moments.hpp>
#include <archetype/statistics/positive_definite.hpp>
#include <archetype/statistics/projection.hpp>
#include <cmath>
#include <cstddef>
#include <vector>

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// Scatter matrices [feature][feature] of labelled samples; they sum to the scatter of all samples.
struct scatter {
    matrix intra;  ///< S_intra = sum over classes c of sum over its samples of (x - m_c)(x - m_c)^t
    matrix inter;  ///< S_inter = sum over classes c of N_c (m_c - m)(m_c - m)^t
    std::size_t classes;
};

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline scatter scatter_of(const matrix& samples, const std::vector<std::size_t>& labels, const vector& mean,
                          const char* function) {
    const std::size_t count = samples.shape()[0], features = samples.shape()[1];
    const std::size_t classes = *std::max_element(labels.begin(), labels.end()) + 1;
    if (classes < 2) fail(function, "labels", std::string("to name at least two classes"), "only 0");
    std::vector<double> sizes(classes);
    matrix means = zeros(classes, features);
    for (std::size_t i = 0; i < count; ++i) {
        ++sizes[labels[i]];
        for (std::size_t j = 0; j < features; ++j) means(labels[i], j) += samples(i, j);
    }
    matrix within = samples, between = zeros(classes, features);
    for (std::size_t c = 0; c < classes; ++c) {
        if (sizes[c] == 0)
            fail(function, "labels", std::string("to name every class below the highest"),
                 "none of class " + text(c));
        for (std::size_t j = 0; j < features; ++j) {
            means(c, j) /= sizes[c];
            between(c, j) = std::sqrt(sizes[c]) * (means(c, j) - mean(j));
        }
    }
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; j < features; ++j) within(i, j) -= means(labels[i], j);
    return {mean_product(within, within, 1), mean_product(between, between, 1), classes};
}

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// Scatter matrices of samples [sample][feature] with integer labels [sample], 0 to classes - 1.
/// @throws std::invalid_argument for no samples, values not finite, different lengths, negative labels, fewer
/// than two classes, or a class without samples
template <class E, class L>
scatter scatter_matrices(const xt::xexpression<E>& samples, const xt::xexpression<L>& labels) {
    const matrix values = detail::matrix_of(samples, "scatter_matrices", "samples");
    const std::size_t count = values.shape()[0];
    return detail::scatter_of(values, detail::labels_of(labels, count, count, "scatter_matrices"),
                              detail::column_mean(values), "scatter_matrices");
}

/// The directions in which classes are furthest apart, measured by their spread.
///
/// Directions w solve S_inter w = d S_intra w, largest d first. They are the eigenvectors of
/// S_intra^-1 S_inter; its singular vectors, which some texts take, are others, as it is not symmetric.
/// Directions are scaled so that the pooled covariance within classes, S_intra / (samples - classes), is 1 after
/// the transform.
class lda : public detail::projection {
public:
    /// Fits on samples [sample][feature] with integer labels [sample], 0 to classes - 1, and keeps `components`
    /// directions, 0 for all there are: the smaller of classes - 1 and features.
    /// @throws std::invalid_argument as `scatter_matrices`, if S_intra is singular (a feature that is constant in
    /// all classes, or depends on others linearly), or for more components than there are
    template <class E, class L>
    lda(const xt::xexpression<E>& samples, const xt::xexpression<L>& labels, std::size_t components = 0)
        : lda(detail::matrix_of(samples, "lda", "samples"), labels, components, 0) {}

    /// d of every direction kept [component]: scatter between classes over scatter within.
    const vector& separation() const { return separation_; }
    /// Its share of the sum over all directions [component].
    const vector& explained_variance_ratio() const { return ratio_; }

private:
    vector separation_, ratio_;

    template <class L>
    lda(const matrix& samples, const xt::xexpression<L>& labels, std::size_t components, int)
        : lda(samples, detail::column_mean(samples),
              detail::scatter_of(samples,
                                 detail::labels_of(labels, samples.shape()[0], samples.shape()[0], "lda"),
                                 detail::column_mean(samples), "lda"),
              components) {}

    lda(const matrix& samples, const vector& mean, const scatter& s, std::size_t components)
        : projection(detail::checked_components(components, std::min(s.classes - 1, mean.size()), "lda"),
                     mean, "lda"),
          separation_(detail::zeros(size())),
          ratio_(detail::zeros(size())) {
        const matrix whitener = detail::positive_definite(s.intra, "lda", "S_intra").whitener();
        const matrix between = detail::product(whitener, detail::product_transposed(s.inter, whitener));
        const detail::symmetric_eigen eigen(between);
        const matrix directions = detail::transposed_product(eigen.vectors, whitener);
        const double total = detail::trace(between);
        if (!(total > 0)) detail::fail("lda", "samples", "to have classes whose means differ", total);
        const double freedom = static_cast<double>(samples.shape()[0] - s.classes);
        for (std::size_t k = 0; k < size(); ++k) {
            const std::size_t from = features() - 1 - k;  // eigenvalues are ascending
            separation_(k) = std::max(0.0, eigen.values(from));
            ratio_(k) = separation_(k) / total;
            for (std::size_t j = 0; j < features(); ++j)
                directions_(k, j) = std::sqrt(freedom) * directions(from, j);
            detail::fix_sign(directions_, k);
        }
    }
};

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
