// SPDX-License-Identifier: BSL-1.0
/// @file best_weights.hpp
/// The weights of the epoch with the smallest loss, and when to stop.
#pragma once
#include <archetype/expression/ieee.hpp>
#include <archetype/training/fit_options.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// The smallest loss of the epochs, the weights it had, and how long ago that was. The model has them again when this goes,
/// also by an exception.
template <class T>
class best_weights {
public:
    /// A model's parameters are asked for each time: whoever writes says so to the model by that.
    template <class Model>
    best_weights(const fit_options& options, Model& model)
        : model_(&model),
          parameters_([](void* of) { return static_cast<Model*>(of)->data(); }),
          size_(model.size()),
          stop_(options.stop_early),
          keep_(options.keep_best || (stop_ && stop_->restore_best)) {}
    best_weights(const best_weights&) = delete;
    best_weights& operator=(const best_weights&) = delete;
    ~best_weights() {
        if (!weights_.empty()) std::copy(weights_.begin(), weights_.end(), parameters_(model_));
    }

    /// Takes an epoch's loss; whether training should end.
    bool ends(double loss) {
        if (loss < smallest_) {
            smallest_ = loss;
            if (keep_) {
                const T* const now = parameters_(model_);
                weights_.assign(now, now + size_);
            }
        }
        if (!stop_) return false;
        if (loss < reached_ - stop_->min_delta) {
            reached_ = loss;
            waited_ = 0;
        } else {
            ++waited_;
        }
        return waited_ >= stop_->patience;
    }

private:
    void* model_;
    T* (*parameters_)(void*);
    std::size_t size_;
    std::optional<early_stopping> stop_;
    bool keep_;
    double smallest_ = expression::infinity<double>, reached_ = smallest_;
    std::size_t waited_ = 0;
    std::vector<T> weights_;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
