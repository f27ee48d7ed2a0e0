// SPDX-License-Identifier: BSL-1.0
/// @file classification_losses.hpp
/// Losses of classes that weigh easy and wrong labels less: focal, generalized and symmetric cross-entropy.
///
/// Like `cross_entropy` they take scores (a softmax that ends the network is left out in training), class numbers or a
/// probability for each class, and are means over pixels too.
#pragma once
#include <archetype/data/number_text.hpp>
#include <archetype/training/losses.hpp>

#include <cmath>
#include <string>

namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// Sum over classes of target * f(log p), p the softmax of the scores. `Own` has `of(log_p)`, f and its derivative by
/// log p. The gradient by score j is the sum over c of t_c f'(log p_c) ([c = j] - p_j).
template <class Own>
struct loss_of_probabilities {
private:
    constexpr loss_of_probabilities() = default;
    friend Own;

public:
    static constexpr bool from_logits = true, has_sum_over = true;

    template <shape S, class T, class Target>
    double sum_over(const T* scores, const Target* targets, T* gradient, T* losses, std::size_t batch,
                    std::size_t divisor) const {
        constexpr std::size_t classes = S.channels(), pixels = S.size() / classes;
        const double scale = 1 / static_cast<double>(divisor * pixels);
        double sum = 0;
        for (std::size_t i = 0; i < batch * pixels; ++i) {
            const T* const row = scores + i * classes;
            const auto most = static_cast<double>(*std::max_element(row, row + classes));
            double total = 0;
            for (std::size_t c = 0; c < classes; ++c) total += std::exp(static_cast<double>(row[c]) - most);
            const double shift = most + std::log(total);
            double loss = 0, slopes = 0;
            const auto add = [&](std::size_t c, double target) {
                const auto [value, slope] =
                    static_cast<const Own&>(*this).of(static_cast<double>(row[c]) - shift);
                loss += target * value;
                slopes += target * slope;
                if (gradient != nullptr) gradient[i * classes + c] = static_cast<T>(target * slope * scale);
            };
            if (gradient != nullptr) std::fill_n(gradient + i * classes, classes, T(0));
            if constexpr (std::is_integral_v<Target>) {
                add(static_cast<std::size_t>(targets[i]), 1);
            } else {
                for (std::size_t c = 0; c < classes; ++c)
                    if (targets[i * classes + c] != 0) add(c, static_cast<double>(targets[i * classes + c]));
            }
            if (gradient != nullptr)
                for (std::size_t c = 0; c < classes; ++c)
                    gradient[i * classes + c] -=
                        static_cast<T>(slopes * scale * std::exp(static_cast<double>(row[c]) - shift));
            losses[i] = static_cast<T>(loss);
            sum += loss;
        }
        return sum / pixels;
    }
};

/// A function's value and derivative.
struct value_and_slope {
    double value, slope;
};

}  // namespace archetype::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::inline ARCHETYPE_INSTRUCTION_SET {

/// -alpha (1 - p)^gamma log p of the right class's probability p (Lin et al. 2017; Keras' CategoricalFocalCrossentropy):
/// classes that are right already count little. gamma = 0 with alpha = 1 is `cross_entropy`.
struct focal_cross_entropy : detail::loss_of_probabilities<focal_cross_entropy> {
    double alpha = 0.25;
    double gamma = 2;

    constexpr focal_cross_entropy(double alpha_ = 0.25, double gamma_ = 2) : alpha(alpha_), gamma(gamma_) {}
    detail::value_and_slope of(double log_p) const {
        const double rest = -std::expm1(log_p), power = std::pow(rest, gamma);
        // d/dl of (1 - e^l)^gamma l; gamma (1 - p)^(gamma - 1) p l has a limit at p = 1 for every gamma > 0: 0.
        const double slope = gamma == 0 || rest == 0 ? 0 : gamma * power / rest * std::exp(log_p) * log_p;
        return {-alpha * power * log_p, alpha * (slope - power)};
    }
    void check() const {
        detail::check_positive("focal_cross_entropy", "alpha", alpha);
        detail::check_not_negative("focal_cross_entropy", "gamma", gamma);
    }
    std::string settings() const {
        return "focal_cross_entropy{alpha = " + detail::number_text(alpha) +
               ", gamma = " + detail::number_text(gamma) + "}";
    }
};

/// (1 - p^q) / q of the right class's probability p (Zhang, Sabuncu 2018): between cross-entropy (q towards 0) and the mean
/// absolute error of probabilities (q = 1), which forgives wrong labels.
struct generalized_cross_entropy : detail::loss_of_probabilities<generalized_cross_entropy> {
    double q = 0.7;

    constexpr generalized_cross_entropy(double q_ = 0.7) : q(q_) {}
    detail::value_and_slope of(double log_p) const {
        return {-std::expm1(q * log_p) / q, -std::exp(q * log_p)};
    }
    void check() const {
        if (!(q > 0 && q <= 1))
            detail::refuse_number("generalized_cross_entropy", "q", "a number above 0 and at most 1", q);
    }
    std::string settings() const { return "generalized_cross_entropy{q = " + detail::number_text(q) + "}"; }
};

/// alpha times cross-entropy plus beta times the reverse one, in which the logarithm of a target of 0 is `log_of_zero`:
/// -alpha log p - beta log_of_zero (1 - p) (Wang et al. 2019), against wrong labels.
struct symmetric_cross_entropy : detail::loss_of_probabilities<symmetric_cross_entropy> {
    double alpha = 0.1;
    double beta = 1;
    double log_of_zero = -4;

    constexpr symmetric_cross_entropy(double alpha_ = 0.1, double beta_ = 1, double log_of_zero_ = -4)
        : alpha(alpha_), beta(beta_), log_of_zero(log_of_zero_) {}
    detail::value_and_slope of(double log_p) const {
        return {-alpha * log_p + beta * log_of_zero * std::expm1(log_p),
                -alpha + beta * log_of_zero * std::exp(log_p)};
    }
    void check() const {
        detail::check_positive("symmetric_cross_entropy", "alpha", alpha);
        detail::check_not_negative("symmetric_cross_entropy", "beta", beta);
        detail::check_positive("symmetric_cross_entropy", "-log_of_zero", -log_of_zero);
    }
    std::string settings() const {
        return "symmetric_cross_entropy{alpha = " + detail::number_text(alpha) +
               ", beta = " + detail::number_text(beta) +
               ", log_of_zero = " + detail::number_text(log_of_zero) + "}";
    }
};

/// m^gamma (-t log s(x) - (1 - t) log(1 - s(x))) of scores x with the sigmoid s and m = t (1 - s(x)) + (1 - t) s(x), the
/// mean over elements (Lin et al. 2017; Keras' BinaryFocalCrossentropy). Targets in [0, 1].
struct binary_focal_cross_entropy : binary_cross_entropy {
    static constexpr bool has_sum_over = true;
    double gamma = 2;

    constexpr binary_focal_cross_entropy(double gamma_ = 2) : gamma(gamma_) {}
    template <shape S, class T, class Target>
    double sum_over(const T* scores, const Target* targets, T* gradient, T*, std::size_t batch,
                    std::size_t divisor) const {
        const double scale = 1 / static_cast<double>(divisor * S.size());
        double sum = 0;
        for (std::size_t i = 0; i < batch * S.size(); ++i) {
            const auto x = static_cast<double>(scores[i]), t = static_cast<double>(targets[i]);
            const double small = std::exp(-std::abs(x)), less = small / (1 + small), more = 1 / (1 + small);
            const double p = x < 0 ? less : more, rest = x < 0 ? more : less;
            const double wrong = t * rest + (1 - t) * p;
            const double loss = std::max(x, 0.0) - x * t + std::log1p(small);
            const double power = std::pow(wrong, gamma);
            sum += power * loss;
            if (gradient == nullptr) continue;
            const double slope =
                gamma == 0 || wrong == 0 ? 0 : gamma * power / wrong * (1 - 2 * t) * p * rest * loss;
            gradient[i] = static_cast<T>(scale * (slope + power * (t * -rest + (1 - t) * p)));
        }
        return sum / S.size();
    }
    void check() const { detail::check_not_negative("binary_focal_cross_entropy", "gamma", gamma); }
    std::string settings() const {
        return "binary_focal_cross_entropy{gamma = " + detail::number_text(gamma) + "}";
    }
};

}  // namespace archetype::inline ARCHETYPE_INSTRUCTION_SET
