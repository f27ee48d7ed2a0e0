// SPDX-License-Identifier: BSL-1.0
/// @file projection.hpp
/// What `pca` and `lda` share: samples minus a mean, times directions.
#pragma once
#include <archetype/statistics/arrays.hpp>
#include <archetype/statistics/moments.hpp>
#include <cmath>
#include <cstddef>

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The sign of a direction is arbitrary. Here its entry of largest magnitude (the first of equals) is positive.
inline void fix_sign(matrix& directions, std::size_t row) {
    std::size_t largest = 0;
    // equal magnitudes may differ by rounding
    for (std::size_t j = 1; j < directions.shape()[1]; ++j)
        if (std::abs(directions(row, j)) > std::abs(directions(row, largest)) * (1 + 1e-9)) largest = j;
    if (directions(row, largest) < 0)
        for (std::size_t j = 0; j < directions.shape()[1]; ++j) directions(row, j) = -directions(row, j);
}

class projection {
public:
    /// Number of directions kept.
    std::size_t size() const { return directions_.shape()[0]; }
    std::size_t features() const { return directions_.shape()[1]; }
    /// Directions [component][feature], the most important first; of each, the entry of largest magnitude is
    /// positive.
    const matrix& components() const { return directions_; }
    /// Mean of the samples it was fitted on [feature].
    const vector& mean() const { return mean_; }
    /// Samples [sample][feature] minus the mean, along the directions: [sample][component].
    /// @throws std::invalid_argument if the features are not as many as were fitted
    template <class E>
    matrix transform(const xt::xexpression<E>& samples) const {
        const matrix values = matrix_of(samples, name_, "samples");
        check_columns(values, features(), name_);
        return product_transposed(centered(values, mean_), directions_);
    }

protected:
    matrix directions_;
    vector mean_;
    const char* name_;

    projection(std::size_t components, const vector& mean, const char* name)
        : directions_(zeros(components, mean.size())), mean_(mean), name_(name) {}
};

/// The number of components asked for, where 0 asks for all. @throws std::invalid_argument
inline std::size_t checked_components(std::size_t asked, std::size_t available, const char* function) {
    if (asked > available) fail(function, "components", "to be at most " + text(available), text(asked));
    return asked == 0 ? available : asked;
}

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET
