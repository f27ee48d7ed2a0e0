// SPDX-License-Identifier: BSL-1.0
/// @file entropy.hpp
/// Information measures of discrete distributions, in bits or nats, in constant expressions too.
///
/// 0 log 0 counts as 0. Wrong input (no probabilities, negative, not finite, a sum further from 1 than 1e-5,
/// different lengths) is `std::invalid_argument`, and in a constant expression a compile-time error.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/statistics/wrong_input.hpp>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// Base of the logarithm: 2 gives bits, e gives nats.
enum class information_unit { bits, nats };

/// What functions take for a list of probabilities: any contiguous range of doubles (std::array, std::vector,
/// xt::xtensor<double, 1>) or a braced list. It does not own them: use it as a parameter only.
class probabilities {
public:
    template <class Range>
    requires std::convertible_to<const Range&, std::span<const double>>
    constexpr probabilities(const Range& range) : values_(range) {}
    constexpr probabilities(std::initializer_list<double> values) : values_(values.begin(), values.size()) {}

    constexpr std::span<const double> values() const { return values_; }
    constexpr std::size_t size() const { return values_.size(); }
    constexpr double operator[](std::size_t i) const { return values_[i]; }

private:
    std::span<const double> values_;
};

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

/// log(x) in `unit`.
constexpr double logarithm(double x, information_unit unit) {
    constexpr double one_over_ln2 = 1.4426950408889634;
    const double nats = expression::elementary::log(x);
    return unit == information_unit::bits ? nats * one_over_ln2 : nats;
}

/// p log(1/q) with 0 log 0 = 0.
constexpr double surprise(double p, double q, information_unit unit) {
    if (p == 0) return 0;
    if (q == 0) return expression::infinity<double>;
    return 0 - p * logarithm(q, unit);
}

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// H(p) = sum of p_k log(1 / p_k), the information in one outcome: between 0 and log(p.size()).
constexpr double entropy(probabilities p, information_unit unit = information_unit::bits) {
    detail::check_distribution(p.values(), "entropy", "p");
    double sum = 0;
    for (double value : p.values()) sum += detail::surprise(value, value, unit);
    return sum;
}

/// CE(p, q) = sum of p_k log(1 / q_k): the information in one outcome of p for one who believes in q.
/// Infinite where q is 0 and p is not.
constexpr double cross_entropy(probabilities p, probabilities q,
                               information_unit unit = information_unit::bits) {
    detail::check_distribution(p.values(), "cross_entropy", "p");
    detail::check_distribution(q.values(), "cross_entropy", "q");
    detail::check_same_length(q.size(), p.size(), "cross_entropy", "q");
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) sum += detail::surprise(p[i], q[i], unit);
    return sum;
}

/// CE of (p, 1 - p) and (q, 1 - q).
constexpr double binary_cross_entropy(double p, double q, information_unit unit = information_unit::bits) {
    detail::check_probability(p, "binary_cross_entropy", "p");
    detail::check_probability(q, "binary_cross_entropy", "q");
    // log(1 - q) by log1p: exact for small q too
    const double rest = 1 - p;
    double sum = detail::surprise(p, q, unit);
    if (rest != 0 && q == 1)
        sum = expression::infinity<double>;
    else if (rest != 0)
        sum -= rest * expression::elementary::log1p(-q) *
               (unit == information_unit::bits ? 1.4426950408889634 : 1.0);
    return sum;
}

/// D(p || q) = sum of p_k log(p_k / q_k) = CE(p, q) - H(p), 0 or more; infinite where q is 0 and p is not.
constexpr double kullback_leibler_divergence(probabilities p, probabilities q,
                                             information_unit unit = information_unit::bits) {
    detail::check_distribution(p.values(), "kullback_leibler_divergence", "p");
    detail::check_distribution(q.values(), "kullback_leibler_divergence", "q");
    detail::check_same_length(q.size(), p.size(), "kullback_leibler_divergence", "q");
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        if (p[i] == 0) continue;
        if (q[i] == 0) return expression::infinity<double>;
        sum += p[i] * detail::logarithm(p[i] / q[i], unit);
    }
    return sum > 0 ? sum : 0;  // rounding may leave a little less than 0 where p and q are equal
}

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
