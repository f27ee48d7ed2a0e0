// SPDX-License-Identifier: BSL-1.0
/// @file training_bytes.hpp
/// How much memory training takes, as a constant.
#pragma once
#include <archetype/training/evaluation.hpp>
#include <archetype/training/optimizers.hpp>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Bytes that a model and its trainer keep, by what they are for. Samples and targets themselves are the caller's.
struct training_memory {
    std::size_t parameters = 0;  ///< moving statistics and gaps between tensors, too
    std::size_t gradients = 0;   ///< of parameters
    std::size_t optimizer = 0;   ///< its numbers for each trainable parameter
    std::size_t values = 0;      ///< results of steps as long as they are read, and their gradients
    std::size_t saved = 0;       ///< what steps keep for the backward pass besides their results
    std::size_t workspace = 0;   ///< of kernels
    std::size_t targets = 0;     ///< of a batch, and its losses
    /// The model as it runs, for validation and the check of the last update, where it does not run in the memory of `values`.
    std::size_t evaluation = 0;

    constexpr std::size_t total() const {
        return parameters + gradients + optimizer + values + saved + workspace + targets + evaluation;
    }
};

/// Of `trainer::fit` with batches of `Batch` samples on `Threads` threads, without weights of samples, `accumulate`, or best weights
/// that are kept. `Validation` is the number of samples that are judged at once: of a check 32, of validation data 64, or fewer.
template <class Net, std::size_t Batch, class Optimizer = adam, class Loss = cross_entropy, class T = float,
          std::size_t Threads = 1, std::size_t Validation = 32>
inline constexpr training_memory training_memory_of = [] {
    static_assert(Batch != 0 && Threads != 0, "training_memory_of: a batch and a thread are at least 1");
    using of_model = model<Net, T>;
    using data = detail::training_data<Net, T, Loss>;
    constexpr auto pass = detail::training_pass<Net, T>::sizes_of(Batch, Threads);
    constexpr std::size_t target = data::takes_datasets || detail::judges_pixels<Loss>
                                       ? sizeof(std::int32_t) * data::pixels
                                       : sizeof(T) * data::output_size;
    training_memory bytes;
    bytes.parameters = sizeof(T) * of_model::size();
    bytes.gradients = sizeof(T) * pass.gradients;
    bytes.optimizer = sizeof(T) * Optimizer::states * of_model::trainable_size();
    bytes.values = sizeof(T) * pass.values;
    bytes.saved = sizeof(T) * pass.saved;
    bytes.workspace = sizeof(T) * pass.workspace;
    bytes.targets = Batch * (target + sizeof(T) * data::pixels);
    // The model runs where the values of a step were, if there is room enough.
    const bool is_lent = pass.values >= of_model::most_run_elements(Threads);
    bytes.evaluation = (is_lent ? 0 : sizeof(T) * of_model::run_elements(Validation, Threads)) +
                       Validation * (sizeof(T) * (data::output_size + data::pixels) + target);
    return bytes;
}();

/// The sum of `training_memory_of`.
template <class Net, std::size_t Batch, class Optimizer = adam, class Loss = cross_entropy, class T = float,
          std::size_t Threads = 1, std::size_t Validation = 32>
inline constexpr std::size_t training_bytes =
    training_memory_of<Net, Batch, Optimizer, Loss, T, Threads, Validation>.total();

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
