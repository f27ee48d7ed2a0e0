// SPDX-License-Identifier: BSL-1.0
/// @file decisions.hpp
/// Decisions between hypotheses from priors pi_i, likelihoods p(z | H_i) and costs C(i, j) of action j where
/// hypothesis i is true.
///
/// Likelihoods are any xtensor expression [observation][hypothesis]; rank 1 is one observation. They may be
/// densities. Of equal candidates the lowest index is taken. Wrong input throws `std::invalid_argument`:
/// priors that are no distribution, negative likelihoods, shapes that do not fit, values that are not finite,
/// and observations that no hypothesis with a positive prior allows.
#pragma once
#include <archetype/statistics/arrays.hpp>
#include <archetype/statistics/entropy.hpp>
#include <cmath>
#include <cstddef>
#include <utility>

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// The chosen action or hypothesis of every observation.
using decisions = xt::xtensor<std::size_t, 1>;

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET {

template <class E>
matrix likelihoods_of(const xt::xexpression<E>& likelihoods, const char* function) {
    matrix table = matrix_of(likelihoods, function, "likelihoods", rank_one::row);
    for (std::size_t z = 0; z < table.shape()[0]; ++z)
        for (std::size_t i = 0; i < table.shape()[1]; ++i)
            if (table(z, i) < 0)
                fail(function, "likelihoods", std::string("to be 0 or more"),
                     text(table(z, i)).append(" at ").append(shape_text(z, i)));
    return table;
}

inline void check_priors(probabilities priors, std::size_t hypotheses, const char* function) {
    check_distribution(priors.values(), function, "priors");
    check_same_length(priors.size(), hypotheses, function, "priors");
}

template <class E>
matrix costs_of(const xt::xexpression<E>& costs, std::size_t hypotheses, const char* function) {
    matrix table = matrix_of(costs, function, "costs");
    if (table.shape()[0] != hypotheses)
        fail(function, "costs", "to have " + text(hypotheses) + " rows, one for each hypothesis",
             text(std::size_t(table.shape()[0])));
    return table;
}

/// p(z | H_i) pi_i from p(z | H_i).
inline matrix joint_of(matrix table, probabilities priors) {
    for (std::size_t z = 0; z < table.shape()[0]; ++z)
        for (std::size_t i = 0; i < table.shape()[1]; ++i) table(z, i) *= priors[i];
    return table;
}

/// Rows divided by their sums. @throws std::invalid_argument if a row has only zeros
inline matrix normalized_rows(matrix table, const char* function) {
    for (std::size_t z = 0; z < table.shape()[0]; ++z) {
        double sum = 0;
        for (std::size_t i = 0; i < table.shape()[1]; ++i) sum += table(z, i);
        if (!(sum > 0 && is_finite(sum)))
            fail(function, "likelihoods", "to have a positive, finite sum of likelihood times prior",
                 text(sum).append(" for observation ").append(text(z)));
        for (std::size_t i = 0; i < table.shape()[1]; ++i) table(z, i) /= sum;
    }
    return table;
}

template <class Better>
decisions best_of_rows(const matrix& table, Better better) {
    decisions result(typename decisions::shape_type{table.shape()[0]}, std::size_t{0});
    for (std::size_t z = 0; z < table.shape()[0]; ++z)
        for (std::size_t j = 1; j < table.shape()[1]; ++j)
            if (better(table(z, j), table(z, result(z)))) result(z) = j;
    return result;
}
inline decisions largest_of_rows(const matrix& table) {
    return best_of_rows(table, [](double a, double b) { return a > b; });
}
inline decisions smallest_of_rows(const matrix& table) {
    return best_of_rows(table, [](double a, double b) { return a < b; });
}

/// Sum over z of the joint probabilities of z and hypothesis, times the costs of the actions taken.
inline double risk_of(const matrix& joint, const matrix& costs, const decisions& actions) {
    double risk = 0;
    for (std::size_t z = 0; z < joint.shape()[0]; ++z)
        for (std::size_t i = 0; i < joint.shape()[1]; ++i) risk += joint(z, i) * costs(i, actions(z));
    return risk;
}

/// Likelihoods whose rows are all observations that exist: each hypothesis' column sums to 1.
template <class E>
matrix complete_likelihoods_of(const xt::xexpression<E>& likelihoods, const char* function) {
    matrix table = likelihoods_of(likelihoods, function);
    for (std::size_t i = 0; i < table.shape()[1]; ++i) {
        double sum = 0;
        for (std::size_t z = 0; z < table.shape()[0]; ++z) sum += table(z, i);
        if (!(std::abs(sum - 1) < sum_tolerance))
            fail(function, "likelihoods", std::string("to sum to 1 over all observations"),
                 text(sum).append(" for hypothesis ").append(text(i)));
    }
    return table;
}

template <class E>
matrix posteriors_of(const xt::xexpression<E>& likelihoods, probabilities priors, const char* function) {
    matrix table = likelihoods_of(likelihoods, function);
    check_priors(priors, table.shape()[1], function);
    return normalized_rows(joint_of(std::move(table), priors), function);
}

template <class E, class C>
matrix expected_costs_of(const xt::xexpression<E>& likelihoods, probabilities priors,
                         const xt::xexpression<C>& costs, const char* function) {
    const matrix posteriors = posteriors_of(likelihoods, priors, function);
    return product(posteriors, costs_of(costs, posteriors.shape()[1], function));
}

}  // namespace archetype::statistics::detail::inline ARCHETYPE_INSTRUCTION_SET

namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET {

/// A-posteriori probabilities p(H_i | z) = p(z | H_i) pi_i / p(z) [observation][hypothesis].
template <class E>
matrix a_posteriori(const xt::xexpression<E>& likelihoods, probabilities priors) {
    return detail::posteriors_of(likelihoods, priors, "a_posteriori");
}

/// The same from log p(z | H_i), which may be so low that the likelihoods themselves would be 0.
template <class E>
matrix a_posteriori_from_log(const xt::xexpression<E>& log_likelihoods, probabilities priors) {
    const char* name = "a_posteriori_from_log";
    matrix table = detail::matrix_of(log_likelihoods, name, "log_likelihoods", detail::rank_one::row);
    detail::check_priors(priors, table.shape()[1], name);
    for (std::size_t z = 0; z < table.shape()[0]; ++z) {
        std::size_t highest = 0;
        while (priors[highest] == 0) ++highest;
        for (std::size_t i = highest; i < priors.size(); ++i)
            if (priors[i] > 0 && table(z, i) > table(z, highest)) highest = i;
        const double reference = table(z, highest);
        for (std::size_t i = 0; i < priors.size(); ++i)
            table(z, i) = priors[i] > 0 ? priors[i] * std::exp(table(z, i) - reference) : 0;
    }
    return detail::normalized_rows(std::move(table), name);
}

/// Cost 0 of the right decision, 1 of any other [hypothesis][hypothesis].
inline matrix zero_one_costs(std::size_t hypotheses) {
    matrix costs(typename matrix::shape_type{hypotheses, hypotheses}, 1.0);
    for (std::size_t i = 0; i < hypotheses; ++i) costs(i, i) = 0;
    return costs;
}

/// C(j | z) = sum over i of C(i, j) p(H_i | z) [observation][action], for `costs` [hypothesis][action].
template <class E, class C>
matrix expected_costs(const xt::xexpression<E>& likelihoods, probabilities priors,
                      const xt::xexpression<C>& costs) {
    return detail::expected_costs_of(likelihoods, priors, costs, "expected_costs");
}

/// Bayes' rule: the action with the least expected cost.
template <class E, class C>
decisions bayes_decisions(const xt::xexpression<E>& likelihoods, probabilities priors,
                          const xt::xexpression<C>& costs) {
    return detail::smallest_of_rows(detail::expected_costs_of(likelihoods, priors, costs, "bayes_decisions"));
}

/// The hypothesis with the highest a-posteriori probability: Bayes' rule for `zero_one_costs`, the rule with the
/// fewest errors.
template <class E>
decisions map_decisions(const xt::xexpression<E>& likelihoods, probabilities priors) {
    return detail::largest_of_rows(detail::posteriors_of(likelihoods, priors, "map_decisions"));
}

/// The hypothesis with the highest likelihood: `map_decisions` for equal priors.
template <class E>
decisions ml_decisions(const xt::xexpression<E>& likelihoods) {
    const matrix table = detail::likelihoods_of(likelihoods, "ml_decisions");
    detail::normalized_rows(table, "ml_decisions");  // refuses impossible observations
    return detail::largest_of_rows(table);
}

/// Risk of a rule: sum over z and i of p(z | H_i) pi_i C(i, rule(z)). The rows of `likelihoods` are all
/// observations there are (of a continuous one: cells, with the probability of the cell), so every column sums
/// to 1; `rule` [observation] holds columns of `costs`.
template <class E, class C>
double risk(const xt::xexpression<E>& likelihoods, probabilities priors, const xt::xexpression<C>& costs,
            const decisions& rule) {
    matrix table = detail::complete_likelihoods_of(likelihoods, "risk");
    detail::check_priors(priors, table.shape()[1], "risk");
    const matrix prices = detail::costs_of(costs, table.shape()[1], "risk");
    detail::check_same_length(rule.size(), table.shape()[0], "risk", "rule");
    for (std::size_t z = 0; z < rule.size(); ++z)
        if (rule(z) >= prices.shape()[1])
            detail::fail("risk", "rule", "to be below " + detail::text(std::size_t(prices.shape()[1])),
                         detail::text(std::size_t(rule(z))));
    return detail::risk_of(detail::joint_of(std::move(table), priors), prices, rule);
}

/// The risk of Bayes' rule, the least of all rules; `likelihoods` as in `risk`.
template <class E, class C>
double bayes_risk(const xt::xexpression<E>& likelihoods, probabilities priors,
                  const xt::xexpression<C>& costs) {
    matrix table = detail::complete_likelihoods_of(likelihoods, "bayes_risk");
    detail::check_priors(priors, table.shape()[1], "bayes_risk");
    const matrix prices = detail::costs_of(costs, table.shape()[1], "bayes_risk");
    const matrix joint = detail::joint_of(std::move(table), priors);
    // dividing by p(z) would not change which action is cheapest
    return detail::risk_of(joint, prices, detail::smallest_of_rows(detail::product(joint, prices)));
}

}  // namespace archetype::statistics::inline ARCHETYPE_INSTRUCTION_SET
