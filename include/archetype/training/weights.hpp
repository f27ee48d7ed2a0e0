// SPDX-License-Identifier: BSL-1.0
/// @file weights.hpp
/// Weights of samples and classes: factors of losses.
#pragma once
#include <archetype/error.hpp>
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
            throw detail::thrown<std::invalid_argument>(
                "balanced_class_weights: expected samples of each class, found none of class " +
                std::to_string(c));
        weights[c] = static_cast<double>(labels.size()) / (static_cast<double>(classes) * weights[c]);
    }
    return weights;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline void check_weights(const char* what, const std::vector<double>& weights, std::size_t count) {
    if (weights.size() != count)
        refuse_number("trainer", what, std::to_string(count) + " numbers",
                      static_cast<double>(weights.size()));
    for (const double weight : weights)
        if (!(weight >= 0 && is_finite(weight)))
            refuse_number("trainer", what, "finite numbers of at least 0", weight);
}

/// The factor of each pixel's loss: that of its sample times that of its class, `class_of(pixel)`, if it is not `none`.
/// @throws std::invalid_argument if numbers do not fit, or there are no classes
template <class T, class ClassOf>
void weigh(std::vector<T>& weights, std::size_t count, std::size_t classes,
           const std::vector<double>& samples, const std::vector<double>& of_classes,
           const ClassOf& class_of) {
    if (!samples.empty()) check_weights("sample weights", samples, count);
    if (!of_classes.empty()) check_weights("class weights", of_classes, classes);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (!samples.empty()) weights[i] = static_cast<T>(samples[i * count / weights.size()]);
        if (of_classes.empty()) continue;
        const std::size_t of = class_of(i);
        if (of == none)
            refuse_number("trainer", "targets, for class weights, of position", "class numbers",
                          static_cast<double>(i));
        weights[i] *= static_cast<T>(of_classes[of]);
    }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
