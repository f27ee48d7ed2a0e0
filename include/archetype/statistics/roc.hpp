// SPDX-License-Identifier: BSL-1.0
/// @file roc.hpp
/// Detection: thresholds for a level of false alarms (Neyman and Pearson), the receiver operating
/// characteristic, and the area under it.
///
/// A detector says "signal" where its score is above the threshold. Scores that grow with the likelihood ratio
/// give the test with the most detections at every level of false alarms.
#pragma once
#include <algorithm>
#include <archetype/expression/ieee.hpp>
#include <archetype/statistics/arrays.hpp>
#include <archetype/statistics/normal.hpp>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// The lowest threshold that at most the share `level` of the scores without signal is above; -inf for a level
/// of 1. @throws std::invalid_argument for no scores, values not finite, or a level outside 0 to 1
template <class E>
double neyman_pearson_threshold(const xt::xexpression<E>& scores_without_signal, double level) {
    const char* name = "neyman_pearson_threshold";
    const vector scores = detail::vector_of(scores_without_signal, name, "scores_without_signal");
    detail::check_probability(level, name, "level");
    std::vector<double> sorted(scores.begin(), scores.end());
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    // 0.29 * 100 is a little below 29 in floating point
    const auto allowed = static_cast<std::size_t>(level * static_cast<double>(sorted.size()) + 1e-9);
    return allowed < sorted.size() ? sorted[allowed] : expression::minus_infinity<double>;
}

/// The threshold for scores that are normal without signal: mean + deviation * Phi^-1(1 - level).
constexpr double gaussian_threshold(double mean, double deviation, double level) {
    detail::check_probability(level, "gaussian_threshold", "level");
    if (!(deviation > 0 && detail::is_finite(deviation)))
        detail::fail("gaussian_threshold", "deviation", "to be positive and finite", deviation);
    if (!detail::is_finite(mean)) detail::fail("gaussian_threshold", "mean", "to be finite", mean);
    return mean - deviation * normal_quantile(level);
}

/// Share of detections at a level of false alarms, where the signal moves unit normal scores by `separation`:
/// Phi(separation + Phi^-1(level)).
constexpr double gaussian_detection(double separation, double level) {
    if (!detail::is_finite(separation))
        detail::fail("gaussian_detection", "separation", "to be finite", separation);
    detail::check_probability(level, "gaussian_detection", "level");
    if (level == 0 || level == 1) return level;
    return normal_cdf(separation + normal_quantile(level));
}

/// Area under that curve: Phi(separation / sqrt 2).
constexpr double gaussian_area_under_curve(double separation) {
    if (!detail::is_finite(separation))
        detail::fail("gaussian_area_under_curve", "separation", "to be finite", separation);
    return normal_cdf(separation * 0.70710678118654752);
}

/// Points of the curve by falling threshold, from (0, 0) with an infinite one to (1, 1). A point says what
/// share of scores is at or above its threshold.
struct roc_curve {
    std::vector<double> threshold;
    std::vector<double> false_alarm;  ///< share of the samples without signal (label 0)
    std::vector<double> detection;    ///< share of the samples with signal (label 1)

    /// By the trapezoidal rule: the probability that a random sample with signal has the higher score than one
    /// without, ties counted half.
    double area() const {
        double sum = 0;
        for (std::size_t i = 1; i < threshold.size(); ++i)
            sum += (false_alarm[i] - false_alarm[i - 1]) * (detection[i] + detection[i - 1]) / 2;
        return sum;
    }
};

/// The curve of scores [sample] and integer labels [sample], 0 without and 1 with signal; one point for every
/// score that occurs.
/// @throws std::invalid_argument for no samples, different lengths, other labels, scores not finite, or if all
/// labels are equal
template <class S, class L>
roc_curve receiver_operating_characteristic(const xt::xexpression<S>& scores_expression,
                                            const xt::xexpression<L>& labels_expression) {
    const char* name = "receiver_operating_characteristic";
    const vector scores = detail::vector_of(scores_expression, name, "scores");
    const std::vector<std::size_t> labels = detail::labels_of(labels_expression, scores.size(), 2, name);
    const std::size_t with = std::accumulate(labels.begin(), labels.end(), std::size_t{0});
    const std::size_t without = labels.size() - with;
    if (with == 0 || without == 0)
        detail::fail(name, "labels", std::string("to hold both 0 and 1"), with == 0 ? "only 0" : "only 1");
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return scores(a) > scores(b); });
    roc_curve curve{{expression::infinity<double>}, {0}, {0}};
    std::size_t alarms = 0, detections = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        ++(labels[order[i]] == 1 ? detections : alarms);
        if (i + 1 < order.size() && scores(order[i + 1]) == scores(order[i])) continue;
        curve.threshold.push_back(scores(order[i]));
        curve.false_alarm.push_back(static_cast<double>(alarms) / static_cast<double>(without));
        curve.detection.push_back(static_cast<double>(detections) / static_cast<double>(with));
    }
    return curve;
}

/// The area under the curve of scores and labels. @throws std::invalid_argument as the curve
template <class S, class L>
double area_under_curve(const xt::xexpression<S>& scores, const xt::xexpression<L>& labels) {
    return receiver_operating_characteristic(scores, labels).area();
}

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
