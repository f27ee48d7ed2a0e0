// SPDX-License-Identifier: BSL-1.0
/// @file epoch_metrics.hpp
/// Metrics of one's own after each epoch, and some that are often asked for.
#pragma once
#include <archetype/execution/host/model.hpp>
#include <archetype/execution/host/tensors.hpp>
#include <archetype/execution/host/xarray.hpp>
#include <archetype/training/callback.hpp>
#include <archetype/training/metrics.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// A name and a function of (results, targets): results (n, output shape...) of the network, targets as they are given.
struct metric {
    std::string name;
    std::function<double(const xt::xarray<double>& results, const xt::xarray<double>& targets)> of;
};

/// A callback that runs the model on `samples` after each epoch and adds each metric to `epoch_report::metrics`, where
/// progress, CSV and reports find them. Refers to `net`; samples and targets are copied.
/// @throws std::invalid_argument, by `fit`, if a metric cannot take results and targets
template <class Net, class T, class X, class Y>
callback metrics_of_epochs(model<Net, T>& net, const xt::xexpression<X>& samples,
                           const xt::xexpression<Y>& targets, std::vector<metric> metrics) {
    xt::xarray<T> x = samples.derived_cast();
    xt::xarray<double> y = targets.derived_cast();
    return {.after_step = {},
            .after_epoch = [&net, x = std::move(x), y = std::move(y), metrics = std::move(metrics)](
                               epoch_report& report, training_control&) {
                const xt::xarray<double> results = net(x);
                for (const metric& one : metrics) report.metrics.emplace_back(one.name, one.of(results, y));
            }};
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
        throw std::invalid_argument("metrics: expected targets of shape " + shape_text(results) + ", found " +
                                    shape_text(targets));
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
