// SPDX-License-Identifier: BSL-1.0
/// @file metrics.hpp
/// How good a classifier is: accuracy, top-k accuracy, confusion matrix.
/// Scores are any xtensor expression [sample][class] (probabilities or logits), labels any of rank 1.
#pragma once
#include <algorithm>
#include <archetype/error.hpp>
#include <archetype/expression/ieee.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <vector>
#if __has_include(<xtensor/core/xeval.hpp>)  // since xtensor 0.26
#include <xtensor/core/xeval.hpp>
#else
#include <xtensor/xeval.hpp>
#endif
#if __has_include(<xtensor/core/xexpression.hpp>)  // since xtensor 0.26
#include <xtensor/core/xexpression.hpp>
#else
#include <xtensor/xexpression.hpp>
#endif
#if __has_include(<xtensor/containers/xtensor.hpp>)  // since xtensor 0.26
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class Scores>
void check_scores(const Scores& scores) {
    if (scores.dimension() != 2)
        throw detail::thrown<std::invalid_argument>(
            "metrics: expected scores of rank 2 [sample][class], found rank " +
            std::to_string(scores.dimension()));
}

/// The label of a sample as an index. @throws std::invalid_argument if it is not below `classes`
template <class Labels>
std::size_t checked_label(const Labels& labels, std::size_t sample, std::size_t classes) {
    const auto label = static_cast<std::int64_t>(labels(sample));
    if (label < 0 || static_cast<std::uint64_t>(label) >= classes)
        throw detail::thrown<std::invalid_argument>(
            "metrics: expected labels below " + std::to_string(classes) + ", found " + std::to_string(label) +
            " at sample " + std::to_string(sample));
    return static_cast<std::size_t>(label);
}

template <class Labels>
void check_labels(const Labels& labels, std::size_t samples) {
    if (labels.dimension() != 1 || labels.size() != samples)
        throw detail::thrown<std::invalid_argument>(
            "metrics: expected " + std::to_string(samples) + " labels of rank 1, found " +
            std::to_string(labels.size()) + " of rank " + std::to_string(labels.dimension()));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// The share of samples whose label is among the `k` highest scores; NaN without samples. Of equal scores the
/// lower class counts as higher. A label whose score is NaN is a miss, another score that is NaN counts as
/// higher.
/// @throws std::invalid_argument if shapes or labels do not fit, or k is 0
template <class Scores, class Labels>
double top_k_accuracy(const xt::xexpression<Scores>& scores_expression,
                      const xt::xexpression<Labels>& labels_expression, std::size_t k) {
    const auto& scores = xt::eval(scores_expression.derived_cast());
    const auto& labels = xt::eval(labels_expression.derived_cast());
    detail::check_scores(scores);
    const std::size_t samples = scores.shape()[0], classes = scores.shape()[1];
    detail::check_labels(labels, samples);
    if (k == 0) throw detail::thrown<std::invalid_argument>("metrics: expected k of 1 or more, found 0");
    std::size_t hits = 0;
    for (std::size_t i = 0; i < samples; ++i) {
        const std::size_t label = detail::checked_label(labels, i, classes);
        const auto own = static_cast<double>(scores(i, label));
        std::size_t higher = 0;
        for (std::size_t j = 0; j < classes; ++j) {
            const auto other = static_cast<double>(scores(i, j));
            higher += j != label && (expression::is_nan(other) || other > own || (other == own && j < label))
                          ? 1
                          : 0;
        }
        hits += !expression::is_nan(own) && higher < k ? 1 : 0;
    }
    return samples == 0 ? expression::not_a_number<double>
                        : static_cast<double>(hits) / static_cast<double>(samples);
}

/// The share of samples whose label has the highest score, as `top_k_accuracy` with k = 1.
template <class Scores, class Labels>
double accuracy(const xt::xexpression<Scores>& scores, const xt::xexpression<Labels>& labels) {
    return top_k_accuracy(scores, labels, 1);
}

/// The class with the highest score of every sample, the lowest of equals; -1 where a score is NaN.
/// @throws std::invalid_argument if the scores are not of rank 2 or have no classes
template <class Scores>
xt::xtensor<std::int32_t, 1> predicted_classes(const xt::xexpression<Scores>& scores_expression) {
    const auto& scores = xt::eval(scores_expression.derived_cast());
    detail::check_scores(scores);
    const std::size_t samples = scores.shape()[0], classes = scores.shape()[1];
    if (classes == 0)
        throw detail::thrown<std::invalid_argument>("metrics: expected at least one class, found none");
    auto result = xt::xtensor<std::int32_t, 1>::from_shape({samples});
    for (std::size_t i = 0; i < samples; ++i) {
        std::size_t best = 0;
        bool valid = true;
        for (std::size_t j = 0; j < classes; ++j) {
            valid = valid && !expression::is_nan(static_cast<double>(scores(i, j)));
            if (scores(i, j) > scores(i, best)) best = j;
        }
        result(i) = valid ? static_cast<std::int32_t>(best) : -1;
    }
    return result;
}

/// Counts of samples by true class (row) and predicted class (column).
class confusion_matrix {
public:
    explicit confusion_matrix(std::size_t classes) : classes_(classes), counts_(classes * classes) {}

    std::size_t classes() const { return classes_; }
    /// Samples of class `truth` that were taken for class `predicted`. @throws std::out_of_range
    std::size_t operator()(std::size_t truth, std::size_t predicted) const {
        return counts_[index(truth, predicted)];
    }
    /// Counts one sample. @throws std::out_of_range, with nothing counted
    void add(std::size_t truth, std::size_t predicted) { ++counts_[index(truth, predicted)]; }
    /// Counts samples by their labels and the classes predicted for them.
    /// @throws std::invalid_argument, with nothing counted, if the numbers differ or a class is out of range
    template <class Labels, class Predicted>
    void add(const xt::xexpression<Labels>& labels_expression,
             const xt::xexpression<Predicted>& predicted_expression) {
        const auto& labels = xt::eval(labels_expression.derived_cast());
        const auto& predicted = xt::eval(predicted_expression.derived_cast());
        detail::check_labels(labels, labels.size());
        detail::check_labels(predicted, labels.size());
        std::vector<std::size_t> counts = counts_;
        for (std::size_t i = 0; i < labels.size(); ++i)
            ++counts[detail::checked_label(labels, i, classes_) * classes_ +
                     detail::checked_label(predicted, i, classes_)];
        counts_ = std::move(counts);
    }

    /// Samples counted.
    std::size_t total() const {
        std::size_t sum = 0;
        for (std::size_t count : counts_) sum += count;
        return sum;
    }
    /// Share on the diagonal; NaN if nothing was counted.
    double accuracy() const {
        std::size_t hits = 0;
        for (std::size_t i = 0; i < classes_; ++i) hits += counts_[i * classes_ + i];
        return ratio(hits, total());
    }
    /// Share of the samples of a class that were found; NaN if there are none. @throws std::out_of_range
    double recall(std::size_t truth) const {
        const std::size_t hits = (*this)(truth, truth);
        std::size_t sum = 0;
        for (std::size_t i = 0; i < classes_; ++i) sum += (*this)(truth, i);
        return ratio(hits, sum);
    }
    /// Share of the samples taken for a class that are of it; NaN if there are none. @throws
    /// std::out_of_range
    double precision(std::size_t predicted) const {
        const std::size_t hits = (*this)(predicted, predicted);
        std::size_t sum = 0;
        for (std::size_t i = 0; i < classes_; ++i) sum += (*this)(i, predicted);
        return ratio(hits, sum);
    }

    /// 2 hits / (samples of the class + samples taken for it): the harmonic mean of precision and recall. NaN for a class
    /// without both. @throws std::out_of_range
    double f1(std::size_t of) const {
        std::size_t both = 0;
        for (std::size_t i = 0; i < classes_; ++i) both += (*this)(of, i) + (*this)(i, of);
        return ratio(2 * (*this)(of, of), both);
    }
    /// Means over classes, all with the same weight. Classes without samples are left out of recall, those without samples
    /// that nothing was taken for of precision and F1 too; a class that nothing was taken for has precision 0.
    double macro_recall() const {
        return macro([this](std::size_t c) { return recall(c); });
    }
    double macro_precision() const {
        return macro([this](std::size_t c) {
            const double found = precision(c);
            return expression::is_nan(found) && !expression::is_nan(recall(c)) ? 0 : found;
        });
    }
    double macro_f1() const {
        return macro([this](std::size_t c) { return f1(c); });
    }
    /// The mean recall: 1 / classes for guesses, however rare classes are.
    double balanced_accuracy() const { return macro_recall(); }

    /// A table in aligned columns: a line of predicted classes, then a line per true class that ends with its
    /// recall.
    std::string text() const {
        std::size_t largest = classes_ == 0 ? 0 : classes_ - 1;
        for (std::size_t count : counts_) largest = std::max(largest, count);
        const std::size_t cell = std::to_string(largest).size() + 1;
        const std::size_t head = std::max(std::string("true").size(), std::to_string(classes_).size());
        std::string result = pad("true", head) + " |";
        for (std::size_t j = 0; j < classes_; ++j) result += pad(std::to_string(j), cell);
        result +=
            "  recall\n" + std::string(head + 1, '-') + "+" + std::string(classes_ * cell + 8, '-') + "\n";
        for (std::size_t i = 0; i < classes_; ++i) {
            result += pad(std::to_string(i), head) + " |";
            for (std::size_t j = 0; j < classes_; ++j) result += pad(std::to_string((*this)(i, j)), cell);
            result += pad(percent(recall(i)), 8) + "\n";
        }
        return result;
    }
    friend std::ostream& operator<<(std::ostream& out, const confusion_matrix& matrix) {
        return out << matrix.text();
    }

private:
    std::size_t index(std::size_t truth, std::size_t predicted) const {
        if (truth >= classes_ || predicted >= classes_)
            throw detail::thrown<std::out_of_range>(
                "confusion_matrix: expected classes below " + std::to_string(classes_) + ", found " +
                std::to_string(truth) + " and " + std::to_string(predicted));
        return truth * classes_ + predicted;
    }
    template <class Of>
    double macro(const Of& of) const {
        double sum = 0;
        std::size_t count = 0;
        for (std::size_t c = 0; c < classes_; ++c) {
            const double found = of(c);
            if (expression::is_nan(found)) continue;
            sum += found;
            ++count;
        }
        return count == 0 ? expression::not_a_number<double> : sum / static_cast<double>(count);
    }
    static double ratio(std::size_t part, std::size_t whole) {
        return whole == 0 ? expression::not_a_number<double>
                          : static_cast<double>(part) / static_cast<double>(whole);
    }
    static std::string pad(const std::string& text, std::size_t width) {
        return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
    }
    static std::string percent(double share) {
        if (expression::is_nan(share)) return "-";
        const long tenths = std::lround(share * 1000);
        return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "%";
    }

    std::size_t classes_;
    std::vector<std::size_t> counts_;
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
