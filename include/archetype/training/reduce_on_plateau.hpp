// SPDX-License-Identifier: BSL-1.0
/// @file reduce_on_plateau.hpp
/// A rate that falls where the loss does not.
#pragma once
#include <archetype/training/callback.hpp>

#include <algorithm>
#include <memory>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A callback that multiplies the optimizer's rate by `factor`, down to `min_rate` at the least, when the loss of an epoch
/// (of the validation data, if there are any) has not been more than `min_delta` below its smallest value for `patience`
/// epochs in a row; then it counts again from the `cooldown`-th epoch on (Keras'
/// ReduceLROnPlateau; PyTorch's `patience` and `cooldown` are one less for the same rates).
/// `options.callbacks = {reduce_on_plateau{.patience = 3}}`
struct reduce_on_plateau {
    double factor = 0.1;
    std::size_t patience = 10;
    double min_delta = 1e-4;
    std::size_t cooldown = 0;
    double min_rate = 0;

    /// @throws std::invalid_argument if a number makes no sense
    operator callback() const {  // NOLINT: implicit
        if (!(factor > 0 && factor < 1))
            detail::refuse_number("reduce_on_plateau", "factor", "a number above 0 and below 1", factor);
        detail::check_positive("reduce_on_plateau", "patience", static_cast<double>(patience));
        detail::check_not_negative("reduce_on_plateau", "min_delta", min_delta);
        detail::check_not_negative("reduce_on_plateau", "min_rate", min_rate);
        struct state {
            double best = expression::infinity<double>;
            std::size_t waited = 0, cooling = 0;
        };
        return {.after_step = {},
                .after_epoch =
                    [of = *this, now = std::make_shared<state>()](const epoch_report& report,
                                                                  training_control& control) {
                        const double loss = report.validation_loss.value_or(report.loss + report.penalty);
                        if (now->cooling > 0) {
                            --now->cooling;
                            now->waited = 0;
                        }
                        if (loss < now->best - of.min_delta) {
                            now->best = loss;
                            now->waited = 0;
                        } else if (now->cooling == 0 && ++now->waited >= of.patience &&
                                   control.rate > of.min_rate) {
                            control.rate = std::max(control.rate * of.factor, of.min_rate);
                            now->cooling = of.cooldown;
                            now->waited = 0;
                        }
                    },
                .sets_rate = true};
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
