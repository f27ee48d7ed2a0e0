// SPDX-License-Identifier: BSL-1.0
/// @file losses.hpp
/// Losses on hosts: targets are checked, and what inference gives is judged.
#pragma once
#include <archetype/error.hpp>
#include <archetype/execution/host/training_pass.hpp>
#include <archetype/training/anywhere/loss_functions.hpp>
#include <archetype/training/arguments.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// @throws std::invalid_argument if a label is none of `classes`, nor the one that is ignored
template <class Labels>
void check_class_numbers(const Labels& labels, std::size_t classes, const char* who,
                         std::optional<std::int32_t> ignored = {}) {
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (const std::int64_t label = labels.data()[i];
            (label < 0 || static_cast<std::uint64_t>(label) >= classes) && !(ignored && label == *ignored))
            throw detail::thrown<std::invalid_argument>(
                "archetype::" + std::string(who) + ": expected labels from 0 to " +
                std::to_string(classes - 1) +
                (ignored ? " or " + std::to_string(*ignored) + ", which is ignored" : "") + ", found " +
                std::to_string(label) + " at position " + std::to_string(i));
}

/// The ranges of targets that a loss wants. `rows` is the number of classes.
/// @throws std::invalid_argument with the first target that is out of range, and its position
template <class Loss, class T>
void check_target_values(const Loss&, const T* targets, std::size_t count, std::size_t rows,
                         const std::string& who) {
    check_finite(targets, count, who, "targets");
    constexpr bool probabilities = Loss::from_logits || std::is_base_of_v<binary_cross_entropy, Loss>;
    if constexpr (probabilities) {
        for (std::size_t i = 0; i < count; ++i)
            if (const double target = static_cast<double>(targets[i]); target < 0 || target > 1 + 1e-3)
                refuse_number(who, "target at position " + std::to_string(i), "a probability", target);
    }
    if constexpr (Loss::from_logits) {
        for (std::size_t row = 0; row < count; row += rows) {
            double sum = 0;
            for (std::size_t c = 0; c < rows; ++c) sum += static_cast<double>(targets[row + c]);
            if (std::abs(sum - 1) > 1e-3)
                refuse_number(who, "targets of row " + std::to_string(row / rows),
                              "probabilities that sum to 1", sum);
        }
    }
}

/// `loss_of` from what inference gives, which is overwritten: probabilities where output `K` ends with a softmax that
/// `Skip` has.
template <class Net, std::size_t Skip, std::size_t K = 0, class T, class Loss, class Target>
double loss_of_results(const Loss& loss, T* results, const Target* targets, T* losses, std::size_t batch) {
    if constexpr ((Skip >> K & 1) != 0)
        for (std::size_t i = 0; i < batch * output_shape_of<Net, K>.size(); ++i)
            results[i] = std::log(std::max(results[i], std::numeric_limits<T>::min()));
    return loss_of<Net, T, K>(loss, results, targets, static_cast<T*>(nullptr), losses, batch, batch);
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
