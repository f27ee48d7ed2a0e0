// SPDX-License-Identifier: BSL-1.0
/// @file epoch_metrics.hpp
/// Metrics of one's own after each epoch, and some that are often asked for.
#pragma once
#include <archetype/data/number_text.hpp>
#include <archetype/error.hpp>
#include <archetype/execution/host/model.hpp>
#include <archetype/execution/host/tensors.hpp>
#include <archetype/execution/host/xarray.hpp>
#include <archetype/training/callback.hpp>
#include <archetype/training/metrics.hpp>

#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A name and a function of (results, targets): results (n, output shape...) of the network, targets as they are given.
struct metric {
    std::string name;
    std::function<double(const xt::xarray<double>& results, const xt::xarray<double>& targets)> of;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <std::size_t Output, class Net, class T, std::size_t... K>
callback metrics_of_output(model<Net, T>& net, std::array<xt::xarray<T>, sizeof...(K)> samples,
                           xt::xarray<double> targets, std::vector<metric> metrics,
                           std::index_sequence<K...>) {
    static_assert(
        sizeof...(K) == model<Net, T>::input_count,
        "archetype: metrics_of_epochs takes samples of each input of the network, several as a std::tuple");
    static_assert(Output < model<Net, T>::output_count, "archetype: metrics_of_epochs: no such output");
    // As losses of several outputs are named.
    if (model<Net, T>::output_count != 1)
        for (metric& one : metrics) one.name = "output " + std::to_string(Output + 1) + " " + one.name;
    return {.after_step = {},
            .after_epoch = [&net, samples = std::move(samples), targets = std::move(targets),
                            metrics = std::move(metrics)](epoch_report& report, training_control&) {
                const auto all = net(samples[K]...);
                const auto results = [&]() -> xt::xarray<double> {
                    if constexpr (model<Net, T>::output_count == 1)
                        return all;
                    else
                        return std::get<Output>(all);
                }();
                for (const metric& one : metrics)
                    report.metrics.emplace_back(one.name, one.of(results, targets));
            }};
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A callback that runs the model on `samples` after each epoch and adds each metric to `epoch_report::metrics`, where
/// progress, CSV and reports find them. `Output` is 0 for the end of the network, then come the side outputs. Samples of
/// several inputs are a std::tuple. Refers to `net`; samples and targets are copied.
/// @throws std::invalid_argument, by `fit`, if a metric cannot take results and targets
template <std::size_t Output = 0, class Net, class T, class X, class Y>
callback metrics_of_epochs(model<Net, T>& net, const xt::xexpression<X>& samples,
                           const xt::xexpression<Y>& targets, std::vector<metric> metrics) {
    return detail::metrics_of_output<Output>(net, std::array<xt::xarray<T>, 1>{samples.derived_cast()},
                                             targets.derived_cast(), std::move(metrics),
                                             std::make_index_sequence<1>{});
}
template <std::size_t Output = 0, class Net, class T, class... X, class Y>
callback metrics_of_epochs(model<Net, T>& net, const std::tuple<X...>& samples,
                           const xt::xexpression<Y>& targets, std::vector<metric> metrics) {
    return std::apply(
        [&](const auto&... each) {
            return detail::metrics_of_output<Output>(net, std::array<xt::xarray<T>, sizeof...(X)>{each...},
                                                     targets.derived_cast(), std::move(metrics),
                                                     std::index_sequence_for<X...>{});
        },
        samples);
}

/// Results and class numbers as a matrix of counts. @throws std::invalid_argument
inline confusion_matrix confusion_of(const xt::xarray<double>& results, const xt::xarray<double>& labels) {
    detail::check_scores(results);
    confusion_matrix matrix(results.shape()[1]);
    matrix.add(labels, predicted_classes(results));
    return matrix;
}
}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

inline void check_equal_shapes(const xt::xarray<double>& results, const xt::xarray<double>& targets) {
    if (results.shape() != targets.shape())
        throw detail::thrown<std::invalid_argument>("metrics: expected targets of shape " +
                                                    shape_text(results) + ", found " + shape_text(targets));
}
/// The mean of `of(result, target)`.
template <class Of>
double mean_of(const xt::xarray<double>& results, const xt::xarray<double>& targets, const Of& of) {
    check_equal_shapes(results, targets);
    double sum = 0;
    for (std::size_t i = 0; i < results.size(); ++i) sum += of(results.data()[i], targets.data()[i]);
    return sum / static_cast<double>(results.size());
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Results and targets that are 0 or 1, of equal shape, as a matrix of two classes: 1 is what is above `threshold`, 0 for scores
/// (which `binary_cross_entropy` takes), 0.5 for probabilities. Of several units all are counted.
/// @throws std::invalid_argument
inline confusion_matrix binary_confusion_of(const xt::xarray<double>& results,
                                            const xt::xarray<double>& targets, double threshold = 0) {
    detail::check_equal_shapes(results, targets);
    confusion_matrix matrix(2);
    for (std::size_t i = 0; i < results.size(); ++i) {
        const double target = targets.data()[i];
        if (target != 0 && target != 1)
            throw detail::thrown<std::invalid_argument>("metrics: expected targets of 0 and 1, found " +
                                                        detail::number_text(target));
        matrix.add(static_cast<std::size_t>(target), results.data()[i] > threshold ? 1 : 0);
    }
    return matrix;
}
/// The share of results on the right side of the threshold (`binary_confusion_of`), as the next three are by it.
inline metric binary_accuracy_metric(double threshold = 0) {
    return {"accuracy", [threshold](const auto& results, const auto& targets) {
                return binary_confusion_of(results, targets, threshold).accuracy();
            }};
}
/// Of those that were taken for 1, the share that is; NaN if none was.
inline metric precision_metric(double threshold = 0) {
    return {"precision", [threshold](const auto& results, const auto& targets) {
                return binary_confusion_of(results, targets, threshold).precision(1);
            }};
}
/// Of those that are 1, the share that was taken for it.
inline metric recall_metric(double threshold = 0) {
    return {"recall", [threshold](const auto& results, const auto& targets) {
                return binary_confusion_of(results, targets, threshold).recall(1);
            }};
}
/// The harmonic mean of the two.
inline metric f1_metric(double threshold = 0) {
    return {"F1", [threshold](const auto& results, const auto& targets) {
                return binary_confusion_of(results, targets, threshold).f1(1);
            }};
}
/// Mean |r - t| over all elements of results and targets of equal shape.
inline metric mae_metric() {
    return {"MAE", [](const auto& results, const auto& targets) {
                return detail::mean_of(results, targets, [](double r, double t) { return std::abs(r - t); });
            }};
}
/// The root of the mean (r - t)^2.
inline metric rmse_metric() {
    return {"RMSE", [](const auto& results, const auto& targets) {
                return std::sqrt(
                    detail::mean_of(results, targets, [](double r, double t) { return (r - t) * (r - t); }));
            }};
}
/// The share of the targets' variance that is explained: 1 - mean (t - r)^2 / mean (t - mean t)^2.
inline metric r2_metric() {
    return {"R2", [](const auto& results, const auto& targets) {
                const double mean = detail::mean_of(results, targets, [](double, double t) { return t; });
                const auto left = [](double r, double t) { return (r - t) * (r - t); };
                const auto all = [mean](double, double t) { return (t - mean) * (t - mean); };
                return 1 - detail::mean_of(results, targets, left) / detail::mean_of(results, targets, all);
            }};
}
/// `confusion_matrix::macro_f1`, of scores and class numbers.
inline metric macro_f1_metric() {
    return {"macro F1",
            [](const auto& results, const auto& labels) { return confusion_of(results, labels).macro_f1(); }};
}
/// `confusion_matrix::balanced_accuracy`, of scores and class numbers.
inline metric balanced_accuracy_metric() {
    return {"balanced accuracy", [](const auto& results, const auto& labels) {
                return confusion_of(results, labels).balanced_accuracy();
            }};
}
/// `top_k_accuracy`, of scores and class numbers.
inline metric top_k_metric(std::size_t k) {
    return {"top " + std::to_string(k),
            [k](const auto& results, const auto& labels) { return top_k_accuracy(results, labels, k); }};
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
