// SPDX-License-Identifier: BSL-1.0
/// @file rate_range.hpp
/// Which rates a network learns with.
#pragma once
#include <archetype/training/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// How the rates of `learning_rate_range` are tried.
struct rate_range_options {
    double least = 1e-6, largest = 10;
    std::size_t steps = 100;  ///< updates, the rate of each a factor above that of the one before
    std::size_t batch = 32;
    double smoothing = 0.9;  ///< of the losses: an exponential moving average without its bias
    double stop_factor = 4;  ///< ends where the smoothed loss is above this times its smallest value
};

/// What `learning_rate_range` found: the rate of each update and the loss of its batch before it.
struct rate_range {
    std::vector<double> rates = {}, losses = {}, smoothed = {};
    double steepest =
        0;  ///< where the smoothed loss falls fastest over the rate's logarithm, before its smallest value
    double smallest =
        0;  ///< the rate of the smallest smoothed loss: the largest to be thought of is a tenth of it
    bool diverged = false;  ///< training left the finite numbers at the last rate
};

/// Trains a copy of the model with rates that rise from update to update (Smith 2017); model and optimizer stay as they are.
/// `samples` and `targets` are those of `trainer::fit`.
/// @throws shape_error, std::invalid_argument as `fit`, and if the options make no sense
template <class Net, class T, class Loss, class Optimizer, class Samples, class Targets>
rate_range learning_rate_range(const model<Net, T>& net, const Loss& loss, Optimizer optimizer,
                               const Samples& samples, const Targets& targets,
                               const rate_range_options& options = {}, seed start = {}) {
    const char* const who = "learning_rate_range";
    detail::check_positive(who, "least", options.least);
    detail::check_positive(who, "largest / least - 1", options.largest / options.least - 1);
    detail::check_positive(who, "steps - 1", static_cast<double>(options.steps) - 1);
    detail::check_fraction(who, "smoothing", options.smoothing);
    detail::check_positive(who, "stop_factor - 1", options.stop_factor - 1);
    rate_range found;
    const auto rate_at = [&](std::size_t step) {
        return options.least * std::pow(options.largest / options.least,
                                        static_cast<double>(step) / static_cast<double>(options.steps - 1));
    };
    model<Net, T> copy = net;
    optimizer.rate = options.least;
    trainer tried{copy, loss, optimizer, start};
    double average = 0, best = expression::infinity<double>;
    fit_options fitted;
    fitted.epochs = options.steps;  // ended by the callback
    fitted.batch = options.batch;
    fitted.progress = progress_style::silent;
    fitted.callbacks.push_back(
        {.after_step =
             [&](const step_report& step, training_control& control) {
                 found.rates.push_back(rate_at(found.rates.size()));
                 found.losses.push_back(step.loss);
                 average = options.smoothing * average + (1 - options.smoothing) * step.loss;
                 const auto count = static_cast<double>(found.losses.size());
                 found.smoothed.push_back(average / (1 - std::pow(options.smoothing, count)));
                 best = std::min(best, found.smoothed.back());
                 control.stop =
                     found.rates.size() == options.steps ||
                     (found.rates.size() > 1 && found.smoothed.back() > options.stop_factor * best);
                 control.rate = rate_at(found.rates.size());
             },
         .sets_rate = true});
    try {
        tried.fit(samples, targets, fitted);
    } catch (const training_diverged&) {
        found.diverged = true;
    }
    const auto least = std::min_element(found.smoothed.begin(), found.smoothed.end());
    const auto last = static_cast<std::size_t>(least - found.smoothed.begin());
    if (!found.rates.empty()) found.smallest = found.steepest = found.rates[last];
    double steepest = 0;
    for (std::size_t i = 1; i < last; ++i) {  // what falls behind comes back from where it was thrown
        const double slope =
            found.smoothed[i + 1] - found.smoothed[i - 1];  // rates are evenly spaced in logarithms
        if (!(slope < steepest)) continue;
        steepest = slope;
        found.steepest = found.rates[i];
    }
    return found;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
