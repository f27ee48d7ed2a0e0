// SPDX-License-Identifier: BSL-1.0
/// @file callback.hpp
/// What is called while a network is trained: after each update and after each epoch.
#pragma once
#include <archetype/training/arguments.hpp>
#include <archetype/training/progress.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// One update, after it was made.
struct step_report {
    std::uint64_t update = 1;  ///< counted over all calls of `fit`
    std::size_t samples = 0;   ///< that it saw
    double loss = 0;           ///< of them, before the update
    double penalty = 0;        ///< of the regularizers
};

/// What a callback may change.
struct training_control {
    double rate = 0;    ///< of the optimizer; 0 if it has none
    bool stop = false;  ///< end `fit` after this update or epoch
};

/// Called by `trainer::fit`; either function may be empty. A callback that changes `training_control::rate` says so by
/// `sets_rate`: it is refused together with a schedule, and for optimizers without a rate.
struct callback {
    std::function<void(const step_report&, training_control&)> after_step = {};
    /// After the validation data were judged; may add to `epoch_report::metrics`.
    std::function<void(epoch_report&, training_control&)> after_epoch = {};
    bool sets_rate = false;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Calls all that are there for an update, or for an epoch where there is one; whether one of them asks for the end.
/// @throws std::invalid_argument for a rate that makes no sense, or from a callback without `sets_rate`
[[gnu::noinline]] inline bool call_back(const std::vector<callback>& callbacks, const step_report& step,
                                        epoch_report* epoch, double& rate) {
    training_control now{rate};
    for (const callback& called : callbacks) {
        if (epoch == nullptr && called.after_step) called.after_step(step, now);
        if (epoch != nullptr && called.after_epoch) called.after_epoch(*epoch, now);
        if (now.rate != rate && !(called.sets_rate && now.rate >= 0 && is_finite(now.rate)))
            refuse_number("trainer", "rate", "a finite number of at least 0, of a callback with sets_rate",
                          now.rate);
        rate = now.rate;
    }
    return now.stop;
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
