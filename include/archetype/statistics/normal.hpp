// SPDX-License-Identifier: BSL-1.0
/// @file normal.hpp
/// Distribution function of the standard normal and its inverse, in constant expressions too.
#pragma once
#include <archetype/expression/elementary.hpp>
#include <archetype/expression/ieee.hpp>
#include <archetype/statistics/wrong_input.hpp>
#include <limits>

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// Phi(x): the probability that a standard normal variable is below x.
constexpr double normal_cdf(double x) { return expression::elementary::normal_cdf(x); }

/// The x with Phi(x) = p; -inf and inf at 0 and 1.
/// @throws std::invalid_argument if p is not between 0 and 1
constexpr double normal_quantile(double p) {
    detail::check_probability(p, "normal_quantile", "p");
    if (p == 0) return expression::minus_infinity<double>;
    if (p == 0.5) return 0;
    if (p > 0.5) return p == 1 ? expression::infinity<double> : 0 - normal_quantile(1 - p);
    // Newton's method on log Phi, which is concave, within a bracket
    namespace e = expression::elementary;
    const double target = e::log(p);
    double low = -39, high = 0, x = -e::sqrt(-2 * target);
    for (int i = 0; i < 60; ++i) {
        if (!(x > low && x < high)) x = low + (high - low) / 2;
        const double below = e::normal_cdf(x);
        const double excess = e::log(below) - target;
        (excess < 0 ? low : high) = x;
        const double next = x - excess * below / e::normal_density(x);
        const double change = next - x;
        if (change < 0x1p-52 && change > -0x1p-52) break;
        x = next;
    }
    return x;
}

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
