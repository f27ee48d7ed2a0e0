// SPDX-License-Identifier: BSL-1.0
/// @file validation.hpp
/// What `trainer::fit` judges after each epoch, and what is judged as it is read.
#pragma once
#include <archetype/error.hpp>
#include <archetype/training/evaluation.hpp>
#include <archetype/training/fit_options.hpp>

#include <array>
#include <optional>
#include <utility>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// @throws shape_error, std::invalid_argument if validation data do not fit
template <class Data, class Loss>
void check_validation(const Loss& loss, const validation_data& validation) {
    validation.visit<Data::has_several>(
        [](const dataset& data) { Data::check_dataset(data, "validation "); },
        [&](const auto& samples, const auto& targets) {
            Data::with_checked(loss, samples, targets, "validation ",
                               [](const auto&, const auto&, std::size_t) {});
        },
        [&](const read_data& data) { Data::check_reader(loss, data, "validation "); });
}

/// Judges validation data for a report, with the help of others if there are some (`by`). The model runs in `memory`, if there is
/// room enough.
template <class Data, class Net, class T, class Loss, class By = judged_here>
void validate(model<Net, T>& net, const Loss& loss, buffer<T>& memory, const validation_data& validation,
              epoch_report& report, const By& by = {}) {
    if (!validation) return;
    const memory_loan loan(net, memory);
    const auto take = [&](const auto& judged) { Data::report_validation(judged, report); };
    validation.visit<Data::has_several>(
        [&](const dataset& data) {
            if constexpr (Data::takes_datasets && Data::input_count == 1)
                take(Data::judge(net, loss, std::array{data.samples.data()}, data.labels.data(), data.size(),
                                 by));
        },
        [&](const auto& samples, const auto& targets) {
            Data::with_checked(loss, samples, targets, "", [&](const auto& x, const auto& y, std::size_t n) {
                take(Data::judge(net, loss, x, y, n, by));
            });
        },
        [&](const read_data& data) { Data::judge_read(net, loss, data, "validation ", take, by); });
}

/// Judges samples that are read: an `evaluation` where the loss takes class numbers, else the mean loss.
template <class Data, class Net, class T, class Loss>
auto judge_reader(model<Net, T>& net, const Loss& loss, const read_data& data) {
    Data::check_reader(loss, data, "");
    if (Data::takes_datasets && data.target_size != 0)
        throw detail::thrown<std::invalid_argument>(
            "archetype::trainer: expected a reader of class numbers to evaluate, found one of " +
            std::to_string(data.target_size) + " numbers");
    if constexpr (Data::has_several) {
        decltype(Data::nothing_judged([](std::size_t) { return false; })) found;
        Data::judge_read(net, loss, data, "", [&](const auto& judged) { found = judged; });
        return found;
    } else {
        using result = std::conditional_t<Data::takes_datasets, evaluation, double>;
        std::optional<result> found;
        Data::judge_read(net, loss, data, "", [&](const auto& judged) {
            if constexpr (std::is_same_v<decltype(judged), const result&>) found = judged;
        });
        return std::move(*found);
    }
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET
