// SPDX-License-Identifier: BSL-1.0
// Deciding whether a measurement holds a signal, where a miss costs more than a false alarm.
#include "lesson.hpp"

#include <archetype/statistics/decisions.hpp>
#include <archetype/statistics/normal.hpp>
#include <vector>
namespace st = archetype::statistics;

int main(int count, char** arguments) {
    lesson lesson(count, arguments);
    // Unit normal noise in cells of 0.1, moved by 2 where there is a signal.
    const std::size_t cells = 100;
    const auto cell_edge = [](std::size_t i) { return -4 + 0.1 * static_cast<double>(i); };
    st::matrix likelihoods = st::matrix::from_shape({cells, 2});
    for (std::size_t z = 0; z < cells; ++z)
        for (std::size_t h = 0; h < 2; ++h) {
            const double mean = h == 0 ? 0 : 2;
            const double below = z == 0 ? 0 : st::normal_cdf(cell_edge(z) - mean);
            likelihoods(z, h) = (z + 1 == cells ? 1 : st::normal_cdf(cell_edge(z + 1) - mean)) - below;
        }
    const std::vector<double> priors{0.8, 0.2};
    const st::matrix costs{{0, 1}, {10, 0}};  // [what is][what is decided]

    // The risk of deciding for a signal from some cell on, and the least of all rules.
    std::vector<double> thresholds, risks, errors;
    for (std::size_t first = 0; first <= cells; ++first) {
        st::decisions rule = st::decisions::from_shape({cells});
        for (std::size_t z = 0; z < cells; ++z) rule(z) = z >= first ? 1 : 0;
        thresholds.push_back(cell_edge(first));
        risks.push_back(st::risk(likelihoods, priors, costs, rule));
        errors.push_back(st::risk(likelihoods, priors, st::zero_one_costs(2), rule));
    }
    lesson.show(at::plot("Risk of a threshold", "threshold", "risk")
                    .line(thresholds, risks, "a miss costs 10")
                    .line(thresholds, errors, "every error costs 1")
                    .log_y(),
                "bayes_decisions.png");

    const auto least = std::min_element(risks.begin(), risks.end());
    const double best = thresholds[static_cast<std::size_t>(least - risks.begin())];
    const double closed =
        1 + std::log(0.8 * 1 / (0.2 * 10)) / 2;  // where the likelihood ratio is the costs' and priors'
    std::cout << "least risk " << *least << " at " << best << ", by the likelihood ratio at " << closed
              << '\n';
    lesson.claim("no rule is better than Bayes'",
                 std::abs(st::bayes_risk(likelihoods, priors, costs) - *least) < 1e-12);
    lesson.claim("its threshold is the likelihood ratio's", std::abs(best - closed) < 0.1);
    const st::matrix one{{0.3, 0.4}};
    lesson.claim("with costs of 0 and 1 Bayes' rule is MAP, with equal priors ML",
                 st::bayes_decisions(one, {0.8, 0.2}, st::zero_one_costs(2))(0) ==
                         st::map_decisions(one, {0.8, 0.2})(0) &&
                     st::map_decisions(one, {0.5, 0.5})(0) == st::ml_decisions(one)(0));
    return lesson.end();
}
