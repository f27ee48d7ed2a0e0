// SPDX-License-Identifier: BSL-1.0
/// @file weights.hpp
/// Weights of samples and classes: factors of losses.
#pragma once
#include <archetype/training/fit_options.hpp>
#include <archetype/training/metrics.hpp>

#include <cmath>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Weights that make all classes count alike: samples / (classes * samples of the class), as scikit-learn's "balanced".
/// @throws std::invalid_argument if a label is no class, or a class has no samples
template <class Labels>
std::vector<double> balanced_class_weights(const xt::xexpression<Labels>& labels_expression,
                                           std::size_t classes) {
    const auto& labels = xt::eval(labels_expression.derived_cast());
    detail::check_labels(labels, labels.size());
    std::vector<double> weights(classes);
    for (std::size_t i = 0; i < labels.size(); ++i) ++weights[detail::checked_label(labels, i, classes)];
    for (std::size_t c = 0; c < classes; ++c) {
        if (weights[c] == 0)
            throw std::invalid_argument(
                "balanced_class_weights: expected samples of each class, found none of class " +
                std::to_string(c));
        weights[c] = static_cast<double>(labels.size()) / (static_cast<double>(classes) * weights[c]);
    }
    return weights;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline void check_weight_count(const char* what, std::size_t expected, std::size_t found) {
    if (found != expected)
        throw std::invalid_argument("archetype::trainer: expected " + std::to_string(expected) + " " + what +
                                    ", found " + std::to_string(found));
}

/// The factor of each pixel's loss: that of its sample times that of its class.
/// @throws std::invalid_argument if numbers do not fit, or there are no classes
template <class T, class Data, class Targets>
std::vector<T> weights_of(const Targets& targets, std::size_t count, const fit_options& options) {
    if (!options.sample_weights.empty())
        check_weight_count("sample weights", count, options.sample_weights.size());
    if (!options.class_weights.empty())
        check_weight_count("class weights", Data::class_count, options.class_weights.size());
    std::vector<T> made(count * Data::pixels);
    for (std::size_t i = 0; i < made.size(); ++i) {
        double weight = options.sample_weights.empty() ? 1 : options.sample_weights[i / Data::pixels];
        if (!options.class_weights.empty()) {
            const std::size_t of = Data::class_of(targets, i);
            if (of == none)
                throw std::invalid_argument(
                    "archetype::trainer: expected class numbers as targets for class "
                    "weights, found others at position " +
                    std::to_string(i));
            weight *= options.class_weights[of];
        }
        made[i] = static_cast<T>(weight);
    }
    return made;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
