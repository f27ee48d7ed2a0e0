// SPDX-License-Identifier: BSL-1.0
/// @file ctc.hpp
/// Connectionist temporal classification (Graves et al. 2006): sequences of labels without their times.
#pragma once
#include <archetype/data/number_text.hpp>
#include <archetype/error.hpp>
#include <archetype/execution/host/tensors.hpp>
#include <archetype/execution/host/xarray.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/training/losses.hpp>

#include <cmath>
#include <vector>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// log(e^a + e^b).
inline double log_of_sum(double a, double b) {
    if (a < b) std::swap(a, b);
    return b == -expression::infinity<double> ? a : a + std::log1p(std::exp(b - a));
}

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// Option of `ctc`: each sample's number of time steps stands before its labels; later steps count for nothing.
struct input_lengths {};

/// -log of the probability of a sequence of labels: the sum over all ways to write it in the time steps, where a label may
/// last for several, class `Blank` stands for none, and equal neighbours need a blank between them. For a network with results
/// {time, classes}, scores of each step; a softmax that ends it is left out in training. Targets are class numbers
/// (n, Labels): the labels of each sample, then -1 up to the end; (n, 1 + Labels) with the option `input_lengths`. The mean over samples is not divided by the number of
/// labels (PyTorch's CTCLoss with reduction="mean" does so; Keras does not). Computed in logarithms, in double.
template <std::size_t Labels, std::size_t Blank = 0, class... Options>
struct ctc {
    static_assert((std::is_same_v<Options, input_lengths> && ...) && sizeof...(Options) < 2,
                  "archetype: ctc has one option, input_lengths");
    static constexpr bool from_logits = true, has_sum_over = true, targets_are_class_numbers = true,
                          has_lengths = sizeof...(Options) != 0;
    static constexpr std::size_t targets_per_sample = Labels + (has_lengths ? 1 : 0);

    template <shape S, class T, class Target>
    double sum_over(const T* scores, const Target* targets, T* gradient, T* losses, std::size_t batch,
                    std::size_t divisor) const {
        constexpr std::size_t classes = S.channels(), steps = S.size() / classes;
        const double scale = 1 / static_cast<double>(divisor);
        std::vector<double> log_p(steps * classes), share(steps * classes);
        double sum = 0;
        for (std::size_t n = 0; n < batch; ++n) {
            const T* const from = scores + n * S.size();
            const Target* const own = targets + n * targets_per_sample;
            const std::size_t used = has_lengths ? static_cast<std::size_t>(own[0]) : steps;
            log_softmax<classes>(from, log_p.data(), used);
            const double loss =
                of_sequence(log_p.data(), used, classes, own + (has_lengths ? 1 : 0), share.data());
            losses[n * steps] = static_cast<T>(loss);
            sum += loss;
            if (gradient == nullptr) continue;
            for (std::size_t i = 0; i < S.size(); ++i)
                gradient[n * S.size() + i] =
                    i < used * classes ? static_cast<T>(scale * (std::exp(log_p[i]) - share[i])) : T(0);
        }
        return sum;
    }

    /// (n, targets_per_sample) class numbers, each row its length if it has one, its labels, and then -1. @throws shape_error, std::invalid_argument
    template <shape S, class T, class Targets, class Place>
    static xt::xtensor<std::int32_t, 2> checked_targets(const Targets& given, std::size_t count,
                                                        const Place& at) {
        if constexpr (!std::is_integral_v<typename Targets::value_type>)
            throw detail::thrown<std::invalid_argument>("archetype::" + std::string(at.who) +
                                                        ": expected class numbers as " + at.role + "labels" +
                                                        at.of + ", found real numbers");
        static_assert(Blank < S.channels(), "archetype: the blank of ctc is one of the classes");
        static_assert(S.rank == 2, "archetype: ctc takes results {time, classes}");
        constexpr std::size_t classes = S.channels(), steps = S.size() / classes;
        const xt::xarray<std::int64_t> labels = given;
        if (labels.dimension() != 2 || labels.shape()[0] != count || labels.shape()[1] != targets_per_sample)
            throw shape_error("archetype::" + std::string(at.who) + ": expected " + at.role + "labels" +
                              at.of + " of shape (" + std::to_string(count) + ", " +
                              std::to_string(targets_per_sample) + "), found " + detail::shape_text(labels));
        const auto fail = [&](std::size_t n, const std::string& expected, const std::string& found) {
            throw detail::thrown<std::invalid_argument>(
                "archetype::" + std::string(at.who) + ": expected " + expected + " as " + at.role + "labels" +
                at.of + " of sample " + std::to_string(n) + ", found " + found);
        };
        for (std::size_t n = 0; n < count; ++n) {
            std::size_t length = 0, needed = 0;
            const std::int64_t used = has_lengths ? labels(n, 0) : static_cast<std::int64_t>(steps);
            if (used < 1 || used > static_cast<std::int64_t>(steps))
                fail(n, "from 1 to " + std::to_string(steps) + " time steps", std::to_string(used));
            constexpr std::size_t first = has_lengths ? 1 : 0;
            for (std::size_t i = 0; i < Labels; ++i) {
                const std::int64_t label = labels(n, first + i);
                if (label < -1 || label >= static_cast<std::int64_t>(classes))
                    fail(n, "classes below " + std::to_string(classes) + ", or -1 at the end",
                         std::to_string(label));
                if (label == static_cast<std::int64_t>(Blank))
                    fail(n, "labels other than the blank", std::to_string(label));
                if (label == -1) continue;
                if (length != i) fail(n, "no label behind -1", std::to_string(label));
                ++length;
                needed += i > 0 && labels(n, first + i - 1) == label ? 2 : 1;
            }
            if (needed > static_cast<std::size_t>(used))
                fail(n,
                     "no more labels, with a blank between equal ones, than the " + std::to_string(used) +
                         " time steps",
                     std::to_string(needed));
        }
        return labels;
    }
    std::string settings() const {
        return "ctc{labels = " + std::to_string(Labels) + ", blank = " + std::to_string(Blank) +
               (has_lengths ? ", input_lengths}" : "}");
    }

private:
    /// -log of the probability; writes the probability of each class at each time, given the labels, to `share`.
    template <class Target>
    static double of_sequence(const double* log_p, std::size_t steps, std::size_t classes,
                              const Target* labels, double* share) {
        constexpr double never = -expression::infinity<double>;
        std::size_t length = 0;
        while (length < Labels && labels[length] >= 0) ++length;
        const std::size_t states = 2 * length + 1;  // blanks around labels
        const auto class_of = [&](std::size_t s) {
            return s % 2 == 0 ? Blank : static_cast<std::size_t>(labels[s / 2]);
        };
        // A blank between labels that differ may be left out.
        const auto skips = [&](std::size_t s) {
            return s % 2 == 1 && s >= 3 && class_of(s) != class_of(s - 2);
        };
        std::vector<double> begins(steps * states, never), ends(steps * states, never);
        begins[0] = log_p[Blank];
        if (states > 1) begins[1] = log_p[class_of(1)];
        for (std::size_t t = 1; t < steps; ++t)
            for (std::size_t s = 0; s < states; ++s) {
                const double* const before = &begins[(t - 1) * states];
                double sum = before[s];
                if (s >= 1) sum = detail::log_of_sum(sum, before[s - 1]);
                if (skips(s)) sum = detail::log_of_sum(sum, before[s - 2]);
                begins[t * states + s] = sum + log_p[t * classes + class_of(s)];
            }
        // What follows after time t, without the score at t.
        for (std::size_t s = states < 2 ? 0 : states - 2; s < states; ++s) ends[(steps - 1) * states + s] = 0;
        for (std::size_t t = steps - 1; t-- > 0;)
            for (std::size_t s = 0; s < states; ++s) {
                const auto after = [&](std::size_t next) {
                    return ends[(t + 1) * states + next] + log_p[(t + 1) * classes + class_of(next)];
                };
                double sum = after(s);
                if (s + 1 < states) sum = detail::log_of_sum(sum, after(s + 1));
                if (s + 2 < states && skips(s + 2)) sum = detail::log_of_sum(sum, after(s + 2));
                ends[t * states + s] = sum;
            }
        const double* const last = &begins[(steps - 1) * states];
        const double all = states == 1 ? last[0] : detail::log_of_sum(last[states - 1], last[states - 2]);
        std::fill_n(share, steps * classes, 0.0);
        for (std::size_t t = 0; t < steps; ++t)
            for (std::size_t s = 0; s < states; ++s)
                share[t * classes + class_of(s)] +=
                    std::exp(begins[t * states + s] + ends[t * states + s] - all);
        return -all;
    }
    template <std::size_t Classes, class T>
    static void log_softmax(const T* from, double* to, std::size_t steps) {
        for (std::size_t t = 0; t < steps; ++t, from += Classes, to += Classes) {
            const auto most = static_cast<double>(*std::max_element(from, from + Classes));
            double total = 0;
            for (std::size_t c = 0; c < Classes; ++c) total += std::exp(static_cast<double>(from[c]) - most);
            for (std::size_t c = 0; c < Classes; ++c)
                to[c] = static_cast<double>(from[c]) - most - std::log(total);
        }
    }
};

/// The labels of each sample by the best class of each step: repeats count once, class `blank` goes away.
/// @param scores  (samples, time, classes)
/// @throws std::invalid_argument if the scores have another rank or no such class
template <class Scores>
std::vector<std::vector<std::int32_t>> ctc_best_path(const xt::xexpression<Scores>& scores_expression,
                                                     std::size_t blank = 0) {
    const auto& scores = xt::eval(scores_expression.derived_cast());
    if (scores.dimension() != 3 || blank >= scores.shape()[2])
        throw detail::thrown<std::invalid_argument>(
            "ctc_best_path: expected scores (samples, time, classes) with class " + std::to_string(blank) +
            ", found " + detail::shape_text(scores));
    std::vector<std::vector<std::int32_t>> found(scores.shape()[0]);
    for (std::size_t n = 0; n < found.size(); ++n) {
        std::size_t before = blank;
        for (std::size_t t = 0; t < scores.shape()[1]; ++t) {
            std::size_t best = 0;
            for (std::size_t c = 1; c < scores.shape()[2]; ++c)
                if (scores(n, t, c) > scores(n, t, best)) best = c;
            if (best != before && best != blank) found[n].push_back(static_cast<std::int32_t>(best));
            before = best;
        }
    }
    return found;
}

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
