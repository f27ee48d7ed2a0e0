// SPDX-License-Identifier: BSL-1.0
/// @file weight_average.hpp
/// The moving average of weights over updates.
#pragma once
#include <archetype/execution/host/model.hpp>
#include <archetype/training/callback.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// An exponential moving average of a model's trainable parameters, a = momentum a + (1 - momentum) w after each update, from
/// the weights at the start (Keras' use_ema; Polyak, Juditsky 1992). Moving statistics of normalizations are not averaged.
/// Must outlive the training that its `callback()` is given to.
template <class Net, class T>
class weight_average {
public:
    /// Refers to `net`. @throws std::invalid_argument if momentum is not in [0, 1)
    explicit weight_average(model<Net, T>& net, double momentum = 0.99)
        : net_(net), momentum_(momentum), average_(net.data(), net.data() + net.trainable_size()) {
        detail::check_fraction("weight_average", "momentum", momentum);
    }
    weight_average(const weight_average&) = delete;
    weight_average& operator=(const weight_average&) = delete;

    /// For `fit_options::callbacks`.
    archetype::callback callback() {
        return {.after_step = [this](const step_report&, training_control&) { add(); }};
    }
    /// Takes the weights as they are, as after an update.
    void add() {
        const T kept = static_cast<T>(momentum_), share = static_cast<T>(1 - momentum_);
        const T* const weights = net_.data();
        for (std::size_t i = 0; i < average_.size(); ++i)
            average_[i] = kept * average_[i] + share * weights[i];
    }
    /// Goes on from the parameters of `averaged`: those of a file that `save` wrote between two calls of `swap`, for a training that
    /// goes on from its checkpoint.
    void start_from(const model<Net, T>& averaged) {
        std::copy_n(averaged.data(), average_.size(), average_.begin());
    }
    /// The model gets the average, and this its weights: twice is nothing.
    void swap() { std::swap_ranges(average_.begin(), average_.end(), net_.data()); }
    /// As the trainable parameters lie in memory.
    const std::vector<T>& values() const { return average_; }

private:
    model<Net, T>& net_;
    double momentum_;
    std::vector<T> average_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
