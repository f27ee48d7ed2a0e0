// SPDX-License-Identifier: BSL-1.0
#include <archetype/statistics/decisions.hpp>
#include <catch.hpp>
#include <cmath>
#include <limits>
#include <vector>
#include "compare.hpp"

namespace st = archetype::statistics;
using Catch::Contains;
using Catch::Equals;

namespace {
// [observation][hypothesis]
const st::matrix likelihoods{{0.7, 0.1}, {0.2, 0.3}, {0.1, 0.6}};
const std::vector<double> priors{0.8, 0.2};
// a miss costs 10, a false alarm 1
const st::matrix costs{{0, 1}, {10, 0}};
}  // namespace

TEST_CASE("decisions by hand") {
    const st::matrix posteriors = st::a_posteriori(likelihoods, priors);
    CHECK(largest_difference(posteriors,
                             st::matrix{{0.56 / 0.58, 0.02 / 0.58}, {0.16 / 0.22, 0.06 / 0.22}, {0.4, 0.6}}) <
          1e-15);
    CHECK((st::map_decisions(likelihoods, priors) == st::decisions{0, 0, 1}));
    CHECK((st::ml_decisions(likelihoods) == st::decisions{0, 1, 1}));
    CHECK((st::bayes_decisions(likelihoods, priors, costs) == st::decisions{0, 1, 1}));
    CHECK(st::bayes_risk(likelihoods, priors, costs) == Approx(0.2 + 0.16 + 0.08));
    CHECK(st::bayes_risk(likelihoods, priors, st::zero_one_costs(2)) == Approx(0.02 + 0.06 + 0.08));
    CHECK(largest_difference(st::expected_costs(st::vector{0.1, 0.6}, {0.8, 0.2}, costs),
                             st::matrix{{6, 0.4}}) < 1e-15);
    // a third action, to ask again, for 0.7
    CHECK((st::bayes_decisions(likelihoods, priors, st::matrix{{0, 1, 0.7}, {10, 0, 0.7}}) ==
           st::decisions{0, 2, 1}));
    // equal candidates
    CHECK((st::bayes_decisions(likelihoods, priors, st::matrix{{1, 1}, {1, 1}}) == st::decisions{0, 0, 0}));
    CHECK((st::ml_decisions(st::vector{0.3, 0.5, 0.5}) == st::decisions{1}));
}

TEST_CASE("no rule has less risk than Bayes' rule") {
    for (const st::matrix& prices : {costs, st::zero_one_costs(2), st::matrix{{-1, 2}, {3, -4}}}) {
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t rule = 0; rule < 8; ++rule)
            least = std::min(least, st::risk(likelihoods, priors, prices,
                                             st::decisions{rule & 1, rule >> 1 & 1, rule >> 2}));
        CHECK(st::bayes_risk(likelihoods, priors, prices) == Approx(least));
        CHECK(st::risk(likelihoods, priors, prices, st::bayes_decisions(likelihoods, priors, prices)) ==
              Approx(least));
    }
}

TEST_CASE("with costs 0 and 1 Bayes is MAP, with equal priors MAP is ML") {
    st::matrix table = st::matrix::from_shape({500, 4});
    const st::matrix normal = normal_samples(500, 4, 7);
    for (std::size_t i = 0; i < table.size(); ++i) table.flat(i) = std::exp(normal.flat(i));
    const std::vector<double> unequal{0.1, 0.2, 0.3, 0.4}, equal{0.25, 0.25, 0.25, 0.25};
    CHECK((st::bayes_decisions(table, unequal, st::zero_one_costs(4)) == st::map_decisions(table, unequal)));
    CHECK((st::map_decisions(table, equal) == st::ml_decisions(table)));
    CHECK((st::map_decisions(table, unequal) != st::ml_decisions(table)));
}

TEST_CASE("the error of two unit normals d apart is Q(d / 2)") {
    const double d = 1.5, width = 0.01;
    const auto cdf = [](double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; };
    st::matrix cells = st::matrix::from_shape({2000, 2});
    for (std::size_t z = 0; z < 2000; ++z) {
        const double low = -9.25 + width * static_cast<double>(z);
        for (std::size_t i = 0; i < 2; ++i) {
            const double mean = i == 0 ? 0 : d;
            cells(z, i) = cdf(low + width - mean) - cdf(low - mean);
        }
    }
    CHECK(st::bayes_risk(cells, {0.5, 0.5}, st::zero_one_costs(2)) == Approx(cdf(-d / 2)).epsilon(1e-9));
}

TEST_CASE("a-posteriori probabilities of log likelihoods") {
    const st::matrix logs{{std::log(0.7), std::log(0.1)}, {-5000, -5001}};
    const st::matrix found = st::a_posteriori_from_log(logs, {0.8, 0.2});
    const double e = std::exp(1.0);
    CHECK(largest_difference(found, st::matrix{{0.56 / 0.58, 0.02 / 0.58},
                                               {0.8 * e / (0.8 * e + 0.2), 0.2 / (0.8 * e + 0.2)}}) < 1e-15);
    // a hypothesis that cannot be has probability 0 however likely it makes the observation
    CHECK(largest_difference(st::a_posteriori_from_log(st::vector{0, -4000, -4000}, {0.0, 0.5, 0.5}),
                             st::matrix{{0, 0.5, 0.5}}) == 0);
}

TEST_CASE("decisions refuse wrong input") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(st::map_decisions(likelihoods, {0.8, 0.3}),
                      Equals("map_decisions: expected priors to sum to 1, found 1.1"));
    CHECK_THROWS_WITH(st::a_posteriori(likelihoods, {1.2, -0.2}),
                      Contains("priors") && Contains("found -0.2 at index 1"));
    CHECK_THROWS_WITH(st::a_posteriori(likelihoods, {1.0}),
                      Equals("a_posteriori: expected priors to have length 2, found 1"));
    CHECK_THROWS_WITH(st::ml_decisions(st::matrix{{0.5, -0.5}}),
                      Equals("ml_decisions: expected likelihoods to be 0 or more, found -0.5 at [0][1]"));
    CHECK_THROWS_WITH(st::ml_decisions(st::matrix{{0.5, nan}}),
                      Contains("likelihoods to be finite, found nan"));
    CHECK_THROWS_WITH(st::a_posteriori(st::matrix{{0.5, 0.5}, {0, 1}}, {1.0, 0.0}),
                      Contains("found 0 for observation 1"));
    CHECK_THROWS_WITH(
        st::bayes_decisions(likelihoods, priors, st::matrix{{0, 1}}),
        Equals("bayes_decisions: expected costs to have 2 rows, one for each hypothesis, found 1"));
    CHECK_THROWS_WITH(st::bayes_risk(st::matrix{{0.7, 0.1}, {0.2, 0.3}}, priors, costs),
                      Contains("likelihoods to sum to 1 over all observations, found 0.9 for hypothesis 0"));
    CHECK_THROWS_WITH(st::risk(likelihoods, priors, costs, st::decisions{0, 1, 2}),
                      Equals("risk: expected rule to be below 2, found 2"));
    CHECK_THROWS_WITH(st::risk(likelihoods, priors, costs, st::decisions{0, 1}),
                      Equals("risk: expected rule to have length 3, found 2"));
}
