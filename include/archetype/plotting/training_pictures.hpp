// SPDX-License-Identifier: BSL-1.0
/// @file training_pictures.hpp
/// Pictures of what training reports: learning curves, confusion matrix.
#pragma once
#include <archetype/error.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/plotting/heat_map.hpp>
#include <archetype/plotting/plot.hpp>
#include <archetype/training/metrics.hpp>
#include <archetype/training/progress.hpp>

#include <span>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// One value of each report, NaN where it has none.
template <class Value>
std::vector<double> of_each(std::span<const epoch_report> history, Value value) {
    std::vector<double> values;
    for (const epoch_report& report : history)
        values.push_back(std::optional<double>(value(report)).value_or(expression::not_a_number<double>));
    return values;
}
inline bool has_values(const std::vector<double>& values) {
    return std::any_of(values.begin(), values.end(), [](double value) { return !expression::is_nan(value); });
}
inline std::vector<double> epochs_of(std::span<const epoch_report> history) {
    std::vector<double> epochs(history.size());
    for (std::size_t i = 0; i < history.size(); ++i) epochs[i] = static_cast<double>(i + 1);
    return epochs;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Loss of training and validation against the epoch, from what `trainer::fit` returned.
inline plot learning_curves(std::span<const epoch_report> history, std::string title = "Loss") {
    const auto epochs = detail::epochs_of(history);
    const auto validation = detail::of_each(history, [](const epoch_report& r) { return r.validation_loss; });
    plot picture(std::move(title), "epoch", "loss");
    picture.line(epochs, detail::of_each(history, [](const epoch_report& r) { return r.loss; }), "training");
    if (detail::has_values(validation)) picture.line(epochs, validation, "validation");
    return picture;
}

/// Accuracy of training and validation against the epoch.
inline plot accuracy_curves(std::span<const epoch_report> history, std::string title = "Accuracy") {
    const auto epochs = detail::epochs_of(history);
    const auto validation =
        detail::of_each(history, [](const epoch_report& r) { return r.validation_accuracy; });
    plot picture(std::move(title), "epoch", "accuracy");
    picture.line(epochs, detail::of_each(history, [](const epoch_report& r) { return r.accuracy; }),
                 "training");
    if (detail::has_values(validation)) picture.line(epochs, validation, "validation");
    return picture;
}

/// A confusion matrix as a heat map; `classes` are names for its rows and columns, numbers unless given.
/// @throws std::invalid_argument if there are names, but not one for each class
inline heat_map confusion_picture(const confusion_matrix& matrix, std::vector<std::string> classes = {},
                                  std::string title = "Confusion matrix") {
    const std::size_t count = matrix.classes();
    if (!classes.empty() && classes.size() != count)
        throw detail::thrown<std::invalid_argument>("confusion_picture: expected a name for each of " +
                                                    std::to_string(count) + " classes, found " +
                                                    std::to_string(classes.size()));
    std::vector<double> values;
    for (std::size_t truth = 0; truth < count; ++truth) {
        if (classes.size() == truth) classes.push_back(std::to_string(truth));
        for (std::size_t predicted = 0; predicted < count; ++predicted)
            values.push_back(static_cast<double>(matrix(truth, predicted)));
    }
    return {std::move(title), "true", classes, "predicted", classes, std::move(values)};
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
