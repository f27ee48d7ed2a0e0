// SPDX-License-Identifier: BSL-1.0
/// @file normalization.hpp
/// Normalization of features, fitted on training samples [sample][feature] and applied to any others.
///
/// A feature that is constant in the training samples has no scale: it is only shifted (its training value goes
/// to 0), so it never divides by 0. Rank 1 stands for one feature. All throw `std::invalid_argument` for no
/// samples, values that are not finite, or another number of features than was fitted.
#pragma once
#include <algorithm>
#include <archetype/statistics/arrays.hpp>
#include <archetype/statistics/moments.hpp>
#include <cmath>
#include <cstddef>

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Lowest and highest value of every feature.
struct feature_range {
    vector lowest, highest;
    explicit feature_range(const matrix& samples)
        : lowest(zeros(samples.shape()[1])), highest(zeros(samples.shape()[1])) {
        for (std::size_t j = 0; j < lowest.size(); ++j) {
            lowest(j) = highest(j) = samples(0, j);
            for (std::size_t i = 1; i < samples.shape()[0]; ++i) {
                lowest(j) = std::min(lowest(j), samples(i, j));
                highest(j) = std::max(highest(j), samples(i, j));
            }
        }
    }
};

/// z = (x - shift) / scale for every feature.
class affine_normalization {
public:
    /// [sample][feature], normalized.
    template <class E>
    matrix transform(const xt::xexpression<E>& samples) const {
        matrix result = checked(samples);
        for (std::size_t i = 0; i < result.shape()[0]; ++i)
            for (std::size_t j = 0; j < shift_.size(); ++j)
                result(i, j) = (result(i, j) - shift_(j)) / scale_(j);
        return result;
    }
    /// The samples that `transform` makes these of.
    template <class E>
    matrix inverse(const xt::xexpression<E>& normalized) const {
        matrix result = checked(normalized);
        for (std::size_t i = 0; i < result.shape()[0]; ++i)
            for (std::size_t j = 0; j < shift_.size(); ++j)
                result(i, j) = result(i, j) * scale_(j) + shift_(j);
        return result;
    }
    std::size_t features() const { return shift_.size(); }

protected:
    vector shift_, scale_;
    const char* name_;

    affine_normalization(std::size_t features, const char* name)
        : shift_(zeros(features)), scale_(zeros(features)), name_(name) {}

private:
    template <class E>
    matrix checked(const xt::xexpression<E>& samples) const {
        matrix values = matrix_of(samples, name_, "samples", rank_one::column);
        check_columns(values, shift_.size(), name_);
        return values;
    }
};

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// Mean 0 and standard deviation 1 (of the training samples, dividing by their number) for every feature.
class gaussian_normalization : public detail::affine_normalization {
public:
    template <class E>
    explicit gaussian_normalization(const xt::xexpression<E>& training_samples)
        : gaussian_normalization(detail::matrix_of(training_samples, "gaussian_normalization",
                                                   "training_samples", detail::rank_one::column),
                                 0) {}

    const vector& mean() const { return shift_; }
    /// Standard deviation [feature]; 1 for constant features.
    const vector& deviation() const { return scale_; }

private:
    gaussian_normalization(const matrix& samples, int)
        : affine_normalization(samples.shape()[1], "gaussian_normalization") {
        const detail::feature_range range(samples);
        const vector mean = detail::column_mean(samples);
        for (std::size_t j = 0; j < features(); ++j) {
            // a mean that was rounded would leave a constant feature with a deviation just above 0
            const bool constant = range.lowest(j) == range.highest(j);
            shift_(j) = constant ? range.lowest(j) : mean(j);
            double squares = 0;
            for (std::size_t i = 0; i < samples.shape()[0]; ++i)
                squares += (samples(i, j) - shift_(j)) * (samples(i, j) - shift_(j));
            scale_(j) = constant ? 1 : std::sqrt(squares / static_cast<double>(samples.shape()[0]));
        }
    }
};

/// 0 for the lowest and 1 for the highest training value of every feature. Other samples may fall outside.
class min_max_normalization : public detail::affine_normalization {
public:
    template <class E>
    explicit min_max_normalization(const xt::xexpression<E>& training_samples)
        : min_max_normalization(detail::matrix_of(training_samples, "min_max_normalization",
                                                  "training_samples", detail::rank_one::column),
                                0) {}

    const vector& minimum() const { return shift_; }
    /// Highest minus lowest value [feature]; 1 for constant features.
    const vector& range() const { return scale_; }

private:
    min_max_normalization(const matrix& samples, int)
        : affine_normalization(samples.shape()[1], "min_max_normalization") {
        const detail::feature_range range(samples);
        for (std::size_t j = 0; j < features(); ++j) {
            shift_(j) = range.lowest(j);
            scale_(j) = range.lowest(j) == range.highest(j) ? 1 : range.highest(j) - range.lowest(j);
        }
    }
};

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
